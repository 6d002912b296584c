"""Turns: what only one of a test run's workers may do at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn() -> Iterator[None]:
    """Wait until no other worker of this checkout has the turn, and take it.

    The lock is on this very file: nothing is made or left, and the kernel takes it from whoever
    dies.
    """
    with Path(__file__).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
