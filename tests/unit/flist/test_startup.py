"""`.startup.toml` as the Hub writes it: rules and bytes."""

import tomllib

import pytest

from tests.unit.flist import samples
from tfimages_action.flist.reader import read_flist
from tfimages_action.flist.startup import StartConfig, startup_entry, startup_toml


def entry_of(config: StartConfig) -> dict[str, object]:
    parsed = tomllib.loads(startup_toml(config).decode())
    assert parsed["startup"]["entry"]["name"] == "core.system"
    arguments: dict[str, object] = parsed["startup"]["entry"]["args"]
    return arguments


def test_equals_the_file_of_the_real_hub() -> None:
    config = StartConfig.of(samples.answer("config"))
    made, real = startup_entry(config), read_flist(samples.FLIST).find("/.startup.toml")
    assert real
    assert (made.size, made.keys, made.mode) == (real.size, real.keys, real.mode)


@pytest.mark.parametrize(
    ("entrypoint", "cmd", "name", "args"),
    [
        (None, None, "/bin/sh", []),
        (None, [], "/bin/sh", []),
        ([], ["a"], "a", []),
        (None, ["a", "b", "c"], "a", ["b", "c"]),
        (["a"], None, "a", None),
        (["a"], ["b", "c"], "a", ["b", "c"]),
        (["a"], [], "a", []),
        (["a", "b"], None, "a", ["b"]),
        (["a", "b"], ["lost"], "a", ["b"]),
        (["/bin/sh", "-c", "x y"], None, "/bin/sh", ["-c", "x y"]),
    ],
)
def test_follows_the_rules_for_entry_point_and_command(
    entrypoint: list[str] | None, cmd: list[str] | None, name: str, args: list[str] | None
) -> None:
    arguments = entry_of(StartConfig.of({"Entrypoint": entrypoint, "Cmd": cmd}))
    assert (arguments["name"], arguments.get("args")) == (name, args)


def test_an_unset_command_is_a_comment() -> None:
    text = startup_toml(StartConfig(entrypoint=("a",)))
    assert b"\n#args = null  # To use: uncomment and replace null with value\n" in text


def test_writes_environment_and_directory() -> None:
    config = StartConfig(env=("A=1", "B.C=x=y", "EMPTY", "A=2", 'Q="\\\n\x01'), working_dir="/opt")
    arguments = entry_of(config)
    assert arguments["dir"] == "/opt"
    assert arguments["env"] == {"A": "2", "B.C": "x=y", "EMPTY": "", "Q": '"\\\n\x01'}
    assert entry_of(StartConfig())["dir"] == "/"


def test_only_a_longer_entry_point_drops_the_command() -> None:
    assert StartConfig(entrypoint=("a", "b"), cmd=("c",)).drops_command
    assert not StartConfig(entrypoint=("a",), cmd=("c",)).drops_command
    assert not StartConfig(entrypoint=("a", "b")).drops_command
