"""Which buildx is driven, and what is read of its builder: a program that answers as it does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tfimages_action.adapters.engine import buildx
from tfimages_action.adapters.engine.buildx import DriverKind, open_buildx
from tfimages_action.adapters.engine.private import PrivateHome, private_home
from tfimages_action.errors import RefusedError

INSPECT = """\
Name:          mine
Driver:        {driver}
Last Activity: 2026-11-23 20:51:18 +0000 UTC

Nodes:
Name:      mine0
Endpoint:  unix:///var/run/docker.sock
Status:    running
BuildKit version: v0.25.0
Platforms: linux/amd64*, linux/arm64

Name:      mine1
Endpoint:  tcp://elsewhere:1234
Status:    inactive
Platforms: linux/s390x
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder where a program may be found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(buildx, "_FOLDERS", ())
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Iterator[PrivateHome]:
    with private_home(parent=tmp_path) as made:
        yield made


def install(folder: Path, *, version: str = "v0.13.1", driver: str = "docker") -> Path:
    program = folder / "docker-buildx"
    told = INSPECT.format(driver=driver)
    program.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = version ] && echo "github.com/docker/buildx {version} 1a2b3c" && exit\n'
        f"echo '{told}'\n"
    )
    program.chmod(0o755)
    return program


def test_what_buildx_says_of_its_builder_is_read(path: Path, home: PrivateHome) -> None:
    program = install(path, driver="docker-container")
    found = open_buildx(home, engine={"DOCKER_HOST": "unix:///x"})
    assert (found.program, found.version) == (program, "v0.13.1")
    assert found.builder.name == "mine"
    assert found.builder.driver is DriverKind.CONTAINER
    assert found.builder.platforms == ("linux/amd64", "linux/arm64")
    assert found.environment["DOCKER_HOST"] == "unix:///x"
    assert found.environment["BUILDX_CONFIG"] == str(home.root / "buildx")


def test_only_a_builder_of_the_users_own_is_looked_for_where_they_are(
    path: Path, home: PrivateHome, tmp_path: Path
) -> None:
    install(path)
    named = open_buildx(home, engine={}, builder="b", user_buildx=tmp_path / "theirs")
    assert named.environment["BUILDX_CONFIG"] == str(tmp_path / "theirs")
    assert named.builder.name == "b"
    plain = open_buildx(home, engine={}, user_buildx=tmp_path / "theirs")
    assert plain.environment["BUILDX_CONFIG"] == str(home.root / "buildx")


def test_a_plugin_goes_before_what_stands_on_the_path(
    path: Path, home: PrivateHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(path)
    unusable, plugins = tmp_path / "unusable", tmp_path / "plugins"
    for folder in (unusable, plugins):
        folder.mkdir()
    install(unusable).chmod(0o644)
    program = install(plugins)
    monkeypatch.setattr(buildx, "_FOLDERS", (str(unusable), str(plugins)))
    assert open_buildx(home, engine={}).program == program


def test_without_buildx_the_cure_is_named(path: Path, home: PrivateHome) -> None:
    assert path.is_dir()
    with pytest.raises(RefusedError, match="buildx is not installed") as caught:
        open_buildx(home, engine={})
    assert "apt-get install docker-buildx" in caught.value.hint


@pytest.mark.parametrize("version", ["v0.12.9", "0.9.1"])
def test_one_that_is_too_old_is_refused(path: Path, home: PrivateHome, version: str) -> None:
    install(path, version=version)
    with pytest.raises(RefusedError, match="too old") as caught:
        open_buildx(home, engine={})
    assert "0.13" in caught.value.hint


def test_a_driver_of_tomorrow_is_refused(path: Path, home: PrivateHome) -> None:
    install(path, driver="quantum")
    with pytest.raises(RefusedError, match="'quantum'"):
        open_buildx(home, engine={})
