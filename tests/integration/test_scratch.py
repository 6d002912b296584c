"""Scratch repositories repeat to the commit id, and are checked out as a job does it."""

from pathlib import Path

from tests.bed.scratch import ScratchRepository


def _made(folder: Path) -> ScratchRepository:
    scratch = ScratchRepository(folder)
    scratch.write("a", "1", executable=True)
    scratch.commit("One", tag="v1")
    scratch.write("a", "2")
    scratch.commit("Two", tag="v2")
    return scratch


def test_commit_ids_repeat(tmp_path: Path) -> None:
    one, other = _made(tmp_path / "one"), _made(tmp_path / "other")
    assert one.git("rev-parse", "v2") == other.git("rev-parse", "v2")
    assert one.git("ls-tree", "v1").startswith("100755")


def test_a_full_checkout_has_everything(tmp_path: Path) -> None:
    _made(tmp_path / "origin").checkout(tmp_path / "clone", "v1")
    clone = ScratchRepository(tmp_path / "clone")
    assert (tmp_path / "clone/a").read_text() == "1"
    assert clone.git("tag").split() == ["v1", "v2"]
    assert clone.git("branch", "--show-current") == ""


def test_a_shallow_checkout_has_one_commit(tmp_path: Path) -> None:
    _made(tmp_path / "origin").checkout(tmp_path / "clone", "v2", depth=1)
    clone = ScratchRepository(tmp_path / "clone")
    assert (tmp_path / "clone/a").read_text() == "2"
    assert clone.git("tag").split() == ["v2"]
    assert clone.git("rev-list", "--all", "--count") == "1"
