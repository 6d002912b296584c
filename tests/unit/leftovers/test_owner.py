from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tfimages_action.leftovers.owner import (
    LABEL_EXPIRES,
    LABEL_OWNER,
    is_dead,
    labels,
    stamp,
    stamped_is_dead,
    this_owner,
)


def runs(container_id: str) -> bool:
    return container_id == "running-one"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc with one boot, one pid namespace and this process, started at tick 77."""
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("boot-1\n")
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/pid").symlink_to("pid:[1]")
    own = tmp_path / str(os.getpid())
    own.mkdir()
    fields = ["S"] + ["0"] * 18 + ["77"]
    (own / "stat").write_text(f"{os.getpid()} (a (strange) name) {' '.join(fields)}")
    return tmp_path


_LATER = str(int(time.time()) + 1000)


@pytest.mark.parametrize(
    ("owner", "expires", "dead"),
    [
        (f"process:boot-1/1:{os.getpid()}:77", "0", False),
        (f"process:boot-1/1:{os.getpid()}:76", _LATER, True),
        ("process:boot-1/1:999999:77", _LATER, True),
        # Another pid namespace or another boot: its pids mean nothing here, its time does.
        ("process:boot-1/2:999999:77", _LATER, False),
        ("process:boot-1/2:999999:77", "5", True),
        ("process:boot-0/1:999999:77", _LATER, False),
        ("process::1:", _LATER, False),
        ("container:running-one", "0", False),
        ("container:stopped-one", _LATER, True),
        ("container:gone", _LATER, True),
        ("garbage", "garbage", True),
    ],
    # Of the values themselves, ids would hold a pid: workers must collect the same ones.
    ids=[
        "own",
        "own-reused",
        "gone",
        "other-namespace",
        "other-namespace-expired",
        "other-boot",
        "unknown",
        "container-running",
        "container-stopped",
        "container-gone",
        "garbage",
    ],
)
def test_who_is_dead(proc: Path, owner: str, expires: str, *, dead: bool) -> None:
    assert is_dead({LABEL_OWNER: owner, LABEL_EXPIRES: expires}, runs, proc) is dead


def test_we_are_alive_by_our_own_labels(proc: Path) -> None:
    mine = this_owner(None, proc)
    assert mine == f"process:boot-1/1:{os.getpid()}:77"
    assert not is_dead(labels(mine, 10), runs, proc)
    assert this_owner("abc", proc) == "container:abc"


def test_what_is_seen_from_elsewhere_is_alive_as_long_as_it_said(proc: Path) -> None:
    made = labels("process:boot-0/1:1:1", 1000)
    assert not is_dead(made, runs, proc)
    assert 1000 < int(made[LABEL_EXPIRES]) - time.time() < 2000


def test_a_stamp_is_dead_with_its_process(proc: Path) -> None:
    mine = stamp(proc)
    home, pid, started = mine.split(".")
    assert (pid, started) == (str(os.getpid()), "77")
    old = 10**9
    assert not stamped_is_dead(mine, old, proc)
    assert stamped_is_dead(f"{home}.{pid}.76", 0, proc)
    assert stamped_is_dead(f"{home}.999999.77", 0, proc)


def test_a_stamp_from_elsewhere_is_dead_when_it_is_old(proc: Path, tmp_path: Path) -> None:
    other = "00000000.1.1"
    assert not stamped_is_dead(other, 3600, proc)
    assert stamped_is_dead(other, 8 * 24 * 3600, proc)
    # Where there is no /proc, nobody can be seen: not even who made a stamp with none.
    nowhere = tmp_path / "nowhere"
    assert not stamped_is_dead(stamp(nowhere), 3600, nowhere)
