"""Each line of the examination is ok or carries its cure; what can't be asked ends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bed.revisions import catalog_of
from tfimages_action.adapters.git import GitRepository
from tfimages_action.doors import doctor
from tfimages_action.doors.doctor import Finding
from tfimages_action.doors.settings import Settings
from tfimages_action.errors import EngineError


def test_a_part_that_can_not_be_asked_is_a_finding() -> None:
    def ask() -> Iterator[Finding]:
        yield Finding(what="engine", ok=True, detail="26")
        raise EngineError("gone", hint="start it")

    first, second = doctor._asked("engine", ask)
    assert first.ok
    assert (second.ok, second.detail, second.cure) == (False, "gone", "start it")


@pytest.mark.parametrize("shallow", [True, False])
def test_a_shallow_clone_is_to_be_deepened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shallow: bool
) -> None:
    import pygit2

    pygit2.init_repository(tmp_path)
    monkeypatch.setattr(GitRepository, "is_shallow", shallow)
    (found,) = doctor._git(GitRepository(tmp_path))
    assert found.ok is not shallow
    assert ("--unshallow" in found.cure) is shallow


def test_downloads_without_a_checksum_are_named(tmp_path: Path) -> None:
    text = "FROM scratch\nARG SUM=\nADD --checksum=${SUM} https://example.org/a-1.tgz /a\n"
    files = {"images/a/Dockerfile": text}
    path = tmp_path / "images/a/Dockerfile"
    path.parent.mkdir(parents=True)
    path.write_text(files["images/a/Dockerfile"])
    (found,) = doctor._downloads(tmp_path, catalog_of(files))
    assert not found.ok
    assert found.detail.endswith(": SUM")
    assert found.cure == "tfimages pin"


def test_without_a_token_the_way_to_one_is_told_and_without_a_hub_none_is_needed(
    tmp_path: Path,
) -> None:
    (missing,) = doctor._flists(Settings())
    assert not missing.ok
    assert "TFHUB_TOKEN" in missing.cure
    (tmp_path / "a.flist").touch()
    (tmp_path / "b.flist").symlink_to("a.flist")
    (here,) = doctor._flists(Settings(local=True, flist_dir=str(tmp_path)))
    assert here.ok
    assert here.detail.startswith("1 in ")
