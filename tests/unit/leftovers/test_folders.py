"""Temporary folders: gone with their run, or with the next one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tfimages_action.leftovers.folders import owned_folder
from tfimages_action.leftovers.owner import stamp

_A_WEEK_AND_MORE_S = 8 * 24 * 3600


def dead(parent: Path, purpose: str = "home") -> Path:
    """A folder as a killed run of this boot leaves it: nobody has pid 0."""
    home = stamp().split(".")[0]
    folder = parent / f"tfimages-{purpose}-{home}.0.1-abc"
    folder.mkdir()
    (folder / "config.json").write_text("a token")
    return folder


def test_a_folder_is_ours_alone_and_goes_with_its_block(tmp_path: Path) -> None:
    with owned_folder("check", tmp_path) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.name.startswith(f"tfimages-check-{stamp()}-")
        (folder / "key").touch()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_goes_when_the_next_one_begins(tmp_path: Path) -> None:
    left = [dead(tmp_path), dead(tmp_path, "upload")]
    with owned_folder("home", tmp_path):
        assert not [path for path in left if path.exists()]


def test_a_living_runs_and_a_strangers_folders_stay(tmp_path: Path) -> None:
    foreign = tmp_path / "tfimages-home-00000000.1.1-x"
    named_like_it = tmp_path / "tfimages-e2e"
    for path in (foreign, named_like_it):
        path.mkdir()
    target = tmp_path / "target"
    target.mkdir()
    link = tmp_path / f"tfimages-home-{stamp().split('.')[0]}.0.1-link"
    link.symlink_to(target)
    with owned_folder("home", tmp_path) as mine, owned_folder("home", tmp_path):
        assert all(path.exists() for path in (mine, foreign, named_like_it, link, target))


def test_what_belongs_to_another_user_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = dead(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: theirs.stat().st_uid + 1)
    with owned_folder("home", tmp_path):
        assert theirs.exists()


def test_one_of_another_boot_goes_when_it_is_old(tmp_path: Path) -> None:
    old = tmp_path / "tfimages-home-00000000.1.1-x"
    old.mkdir()
    moment = old.stat().st_mtime - _A_WEEK_AND_MORE_S
    os.utime(old, (moment, moment))
    with owned_folder("home", tmp_path):
        assert not old.exists()
