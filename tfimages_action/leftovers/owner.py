"""Who made what a SIGKILL leaves behind, and whether that run still lives.

Containers say it by labels, with the time at which they are of no use any more; folders and images
by a stamp in their name. A process is known by the machine's boot, its pid namespace (another one
numbers differently), its pid and its start time, so that no other is taken for it; a run in a
container by that container's id.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tfimages_action.core.published.record import VENDOR

LABEL_OWNER: Final = f"{VENDOR}.owner"
LABEL_EXPIRES: Final = f"{VENDOR}.expires"
PROC: Final = Path("/proc")
_GRACE_S: Final = 600
_STAMP_S: Final = 7 * 24 * 3600
"""How long what is stamped elsewhere (another boot, another pid namespace) may be in use."""
_HOME_DIGITS: Final = 8


def this_owner(container_id: str | None, proc: Path = PROC) -> str:
    """Name this run: by the container it lives in, else by its process."""
    if container_id:
        return f"container:{container_id}"
    return f"process:{_home(proc)}:{os.getpid()}:{_start_time(proc, os.getpid())}"


def labels(owner: str, lifetime_s: float) -> dict[str, str]:
    """Return what to put on a container that is needed for at most `lifetime_s`."""
    return {LABEL_OWNER: owner, LABEL_EXPIRES: str(int(time.time() + lifetime_s + _GRACE_S))}


def is_dead(label: Mapping[str, str], runs: Callable[[str], bool], proc: Path = PROC) -> bool:
    """Tell whether nobody waits for this container any more; in doubt its time must be up.

    `runs` tells whether a container of that id runs.
    """
    kind, _, rest = label.get(LABEL_OWNER, "").partition(":")
    if kind == "container":
        return not runs(rest)
    home, _, process = rest.partition(":")
    if kind == "process" and home and home == _home(proc):
        return not _lives(proc, *process.split(":"))
    expires = label.get(LABEL_EXPIRES, "0")
    return not expires.isdigit() or int(expires) < time.time()


def stamp(proc: Path = PROC) -> str:
    """Name this process, as a part of a file's or an image's name: `1a2b3c4d.4711.88172`."""
    return f"{_short_home(proc)}.{os.getpid()}.{_start_time(proc, os.getpid()) or 0}"


def stamped_is_dead(stamped: str, age_s: float, proc: Path = PROC) -> bool:
    """Tell whether the process of a stamp is gone; one that can't be seen from here, by its age."""
    home, *process = stamped.split(".")
    if home == _short_home(proc) and _home(proc):
        return not _lives(proc, *process)
    return age_s > _STAMP_S


def _lives(proc: Path, pid: str = "", started: str = "", *_: str) -> bool:
    return pid.isdigit() and bool(started) and _start_time(proc, int(pid)) == started


def _short_home(proc: Path) -> str:
    return hashlib.sha256(_home(proc).encode()).hexdigest()[:_HOME_DIGITS]


def _home(proc: Path) -> str:
    """Where our pids mean something: this boot of this machine, in this pid namespace."""
    try:
        boot_id = (proc / "sys/kernel/random/boot_id").read_text().strip()
        namespace = str((proc / "self/ns/pid").readlink())
    except OSError:
        return ""
    return f"{boot_id}/{namespace.strip('pid:[]')}"


def _start_time(proc: Path, pid: int) -> str:
    # Field 22 of proc_pid_stat(5), counted after the name, which may hold spaces.
    try:
        return (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
