"""Temporary folders that are gone with their run, or removed by the next one if it was killed."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tfimages_action.leftovers.owner import PROC, stamp, stamped_is_dead

_PREFIX: Final = "tfimages-"
_STAMPED: Final = re.compile(rf"{_PREFIX}[a-z]+-([0-9a-f]+\.\d+\.\d+)-")


@contextmanager
def owned_folder(purpose: str, parent: Path | None = None) -> Iterator[Path]:
    """A folder for this user alone (0700) below `parent` (the system's temporary folder).

    `purpose` is a word for whoever finds it. Those of dead runs beside it are removed first: they
    may hold credentials.
    """
    beside = Path(tempfile.gettempdir()) if parent is None else parent
    sweep(beside)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{purpose}-{stamp()}-", dir=beside))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(parent: Path, proc: Path = PROC) -> None:
    """Remove this user's folders of dead runs. Never raises."""
    with suppress(OSError):
        for path in parent.glob(f"{_PREFIX}*"):
            stamped = _STAMPED.match(path.name)
            if stamped and _is_mine(path, stamped[1], proc):
                shutil.rmtree(path, ignore_errors=True)


def _is_mine(path: Path, stamped: str, proc: Path) -> bool:
    """A dead run's, and ours to remove: whoever else may write here could give it any name."""
    try:
        found = path.lstat()
    except OSError:  # another run swept it
        return False
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return ours and stamped_is_dead(stamped, time.time() - found.st_mtime, proc)
