"""`tfimages hub ...` and the action `hub/`, on a Hub that fails and one that doesn't."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.bed.oci import File
from tests.integration.hub.world import QUICK, STRANGER, USER, World, layer
from tests.standins.hub.faults import Fault
from tfimages_action.adapters.hub import byhand, choices, public
from tfimages_action.doors import terminal
from tfimages_action.doors.hub.step import run_hub_step
from tfimages_action.errors import ExitCode, TfImagesError


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in settles at once: looking every two seconds would only cost time."""
    for module in (byhand, public, choices):
        monkeypatch.setattr(module, "Timing", lambda: QUICK)


@pytest.fixture
def token(world: World) -> str:
    return world.standin.tokens.issue(USER)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "root.tar.gz"
    path.write_bytes(gzip.compress(layer(File(path="etc/release", content=b"v1")), 1))
    return path


class Terminal:
    def __init__(self, world: World, token: str) -> None:
        self._environment = {"TFHUB_TOKEN": token, "TFIMAGES_HUB_URL": world.standin.url}

    def __call__(self, *arguments: str) -> Result:
        return CliRunner(env=self._environment).invoke(terminal.app, ["hub", *arguments])

    def json(self, *arguments: str) -> dict[str, object]:
        result = self(*arguments, "--json")
        assert result.exit_code == 0, result.exception
        found = json.loads(result.stdout)
        assert isinstance(found, dict)
        return found


@pytest.fixture
def terminal_of(world: World, token: str) -> Terminal:
    return Terminal(world, token)


def test_the_whole_way(world: World, terminal_of: Terminal, archive: Path) -> None:
    made = terminal_of.json("upload", str(archive), "--name", "a.flist")
    assert made["address"] == f"{world.standin.url}/{USER}/a.flist"
    assert made["verified"] is True
    assert terminal_of.json("link", "a.flist", "b.flist")["linkpoint"] == "a.flist"
    assert terminal_of.json("readlink", "b.flist")["linkpoint"] == "a.flist"
    terminal_of.json("tag", "v1/b.flist", "a.flist")
    assert "b.flist" in terminal_of("ls", "--tag", "v1").output
    terminal_of.json("crosstag", "all", f"{USER}/v1")
    assert terminal_of.json("readlink", "all")["linkpoint"] == f"{USER}/tags/v1"
    terminal_of.json("promote", f"{USER}/b.flist", "c.flist")
    terminal_of.json("merge", "d.flist", "a.flist", f"{USER}/c.flist")
    assert terminal_of.json("show", "d.flist")["type"] == "regular"
    terminal_of.json("rename", "d.flist", "e.flist")
    terminal_of.json("delete", "e.flist")
    terminal_of.json("tag", "v1/b.flist", "a.flist", "--remove")
    names = {entry["name"] for entry in terminal_of.json("ls")["flists"]}  # type: ignore[attr-defined]
    assert names == {"a.flist", "b.flist", "c.flist", "all"}


def test_verify_tells_the_root_and_holds_it(
    world: World, terminal_of: Terminal, archive: Path
) -> None:
    made = terminal_of.json("upload", str(archive), "--name", "a.flist")
    address = f"{world.standin.url}/{USER}/a.flist"
    found = terminal_of.json("verify", address)
    assert found["merkle_root"] == made["merkle_root"]
    assert terminal_of("verify", address, "--root", str(made["merkle_root"])).exit_code == 0
    result = terminal_of("verify", f"{USER}/a.flist", "--root", "v1:00")
    assert isinstance(result.exception, TfImagesError)
    assert "another flist" in result.exception.message
    gone = terminal_of("verify", f"{USER}/none.flist")
    assert "is not on the Hub" in str(gone.exception)


def test_a_folder_and_a_ready_flist(world: World, terminal_of: Terminal, tmp_path: Path) -> None:
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/release").write_text("v1")
    terminal_of.json("upload", str(tmp_path / "root"), "--name", "folder.flist")
    assert world.served("folder.flist") == "v1"
    ready = tmp_path / "ready.flist"
    ready.write_bytes((world.standin.storage.folder(USER) / "folder.flist").read_bytes())
    made = terminal_of.json("upload", str(ready))
    assert made["name"] == "ready.flist"
    assert world.served("ready.flist") == "v1"


@pytest.mark.parametrize("fault", [Fault.STORAGE_DOWN, Fault.CUT_ARCHIVE, Fault.LOST_COMMIT])
def test_a_failed_upload_leaves_what_was_served(
    world: World, terminal_of: Terminal, archive: Path, fault: Fault
) -> None:
    terminal_of.json("upload", str(archive), "--name", "a.flist")
    world.standin.faults.inject(fault)
    assert terminal_of("upload", str(archive), "--name", "a.flist").exit_code != 0
    assert world.served("a.flist") == "v1"


def test_convert_pins_proves_and_names(world: World, terminal_of: Terminal) -> None:
    source = world.push("v1")
    image = str(world.image.reference.with_tag(str(source.references[0].tag)))
    made = terminal_of.json("convert", image, "--name", "mine.flist", "--verify", "none")
    assert made["name"] == "mine.flist"
    assert world.served("mine.flist") == "v1"
    world.standin.faults.inject(Fault.STORAGE_DOWN)
    assert terminal_of("convert", image, "--name", "mine.flist", "--verify", "none").exit_code != 0
    assert world.served("mine.flist") == "v1"


def test_refusals_reach_the_user(world: World, terminal_of: Terminal, archive: Path) -> None:
    terminal_of.json("upload", str(archive), "--name", "a.flist")
    terminal_of.json("upload", str(archive), "--name", "b.flist")
    for arguments in (
        ("link", "a.flist", "b.flist"),
        ("rename", "a.flist", "b.flist"),
        ("promote", "a.flist", "a.flist"),
        ("link", "none.flist", "c.flist"),
    ):
        result = terminal_of(*arguments)
        assert isinstance(result.exception, TfImagesError), arguments
        assert result.exception.exit_code is ExitCode.REFUSED
    assert world.served("a.flist") == world.served("b.flist") == "v1"


def test_reading_others_needs_no_token(world: World, archive: Path) -> None:
    Terminal(world, world.standin.tokens.issue(STRANGER)).json(
        "upload", str(archive), "--name", "theirs.flist"
    )
    anonymous = Terminal(world, "")
    assert "theirs.flist" in anonymous("ls", STRANGER).output
    assert anonymous.json("show", f"{STRANGER}/theirs.flist")["type"] == "regular"
    assert anonymous("verify", f"{STRANGER}/theirs.flist").exit_code == 0
    assert anonymous("ls").exit_code != 0


def step(world: World, token: str, place: Path, **inputs: str) -> tuple[int, str, str]:
    place.write_text("")
    lines: list[str] = []
    environment = {f"INPUT_{name.upper()}": text for name, text in inputs.items()}
    environment |= {
        "INPUT_HUB-TOKEN": token,
        "INPUT_HUB-URL": world.standin.url,
        "GITHUB_OUTPUT": str(place),
    }
    code = run_hub_step(environment, write=lines.append)
    return code, "\n".join(lines), place.read_text()


def test_the_action_links_and_says_where(
    world: World, token: str, archive: Path, tmp_path: Path
) -> None:
    place = tmp_path / "output"
    assert step(world, token, place, action="upload", name="a.flist", target=str(archive))[0] == 0
    assert step(world, token, place, action="symlink", name="a.flist", target="b.flist")[0] == 0
    code, said, output = step(world, token, place, action="readlink", name="b.flist")
    assert (code, said) == (0, "a.flist")
    assert "linkpoint" in output
    assert "a.flist" in output
    crosslink = {"action": "crosslink", "name": "c.flist", "target": f"{USER}/a.flist"}
    assert step(world, token, place, **crosslink)[0] == 0
    assert world.served("c.flist") == "v1"


def test_the_action_fails_with_an_annotation_and_without_the_token(
    world: World, token: str, tmp_path: Path
) -> None:
    place = tmp_path / "output"
    code, said, _ = step(world, token, place, action="readlink", name="none.flist")
    assert code == ExitCode.FAILED
    assert said.startswith("::error")
    code, said, _ = step(world, f"{token}x", place, action="delete", name="a.flist")
    assert code == ExitCode.REFUSED
    assert token not in said


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"action": "explode", "name": "x"}, "action is 'explode'"),
        ({"action": "link", "name": "x"}, "needs the input `target`"),
        ({"action": "delete"}, "needs the input `name`"),
    ],
)
def test_the_action_refuses_what_it_does_not_know(
    world: World, token: str, tmp_path: Path, inputs: dict[str, str], message: str
) -> None:
    code, said, _ = step(world, token, tmp_path / "output", **inputs)
    assert code == ExitCode.REFUSED
    assert message in said
