"""One has the turn, and everyone else waits."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from tests.bed import turns


def test_nobody_else_gets_a_turn_that_is_taken() -> None:
    with Path(turns.__file__).open("rb") as other:
        with turns.turn(), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
