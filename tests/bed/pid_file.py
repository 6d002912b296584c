"""A pid file outlives a process that was killed, and its number may be another process's by then.

`dockerd` refuses to start while any process has the number in its pid file, and takes any that has
the number in containerd's for the containerd that it may use and end.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

_ZOMBIE: Final = "Z"
_LOOK_S: Final = 0.1


def owner(file: Path, program: str) -> int | None:
    """Return the process that wrote `file`, if it still runs and is `program`."""
    try:
        pid = int(file.read_text())
        name, state = _name_and_state(Path(f"/proc/{pid}/stat").read_text())
    except (OSError, ValueError):
        return None
    return pid if name == program and state != _ZOMBIE else None


def wait_for_end(file: Path, program: str, seconds: float) -> bool:
    """Give the owner of `file` time to end by itself; whether none is left."""
    until = time.monotonic() + seconds
    while owner(file, program) is not None:
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK_S)
    return True


def _name_and_state(stat: str) -> tuple[str, str]:
    """From proc(5)'s `pid (name) state ...`, whose name may hold anything."""
    before, _, after = stat.rpartition(")")
    return before.partition("(")[2], after.split()[0]
