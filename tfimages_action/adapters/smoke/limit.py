"""How long a check may take, and whether the run was told to stop: asked at every wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from tfimages_action.errors import StageError

_TICK_S: Final = 0.2


class TimeUpError(StageError):
    """The checks of an image ran into their time limit."""


class StoppedError(StageError):
    """The run was told to stop while an image was checked."""


class Limit:
    """A time limit (seconds from now) together with the run's `stop`."""

    def __init__(self, seconds: float, stop: threading.Event) -> None:
        self.seconds = seconds
        self.stop = stop
        self._ends = time.monotonic() + seconds

    @property
    def remaining_s(self) -> float:
        return max(0.0, self._ends - time.monotonic())

    @property
    def over(self) -> bool:
        return self.stop.is_set() or self.remaining_s == 0

    def demand(self, waiting_for: str) -> None:
        """Raise when there is no time left; `waiting_for` says what did not come."""
        if self.stop.is_set():
            raise StoppedError("the check was stopped with the run")
        if self.remaining_s == 0:
            raise TimeUpError(
                f"{waiting_for} did not come within {self.seconds:g} s",
                hint="read the log below; `checks: {run: {timeout: SECONDS}}` gives it longer",
            )

    def pause(self, seconds: float, waiting_for: str) -> None:
        """Wait a little; wakes at once, and raises, when told to stop."""
        self.stop.wait(min(seconds, self.remaining_s))
        self.demand(waiting_for)

    @contextmanager
    def guard(self, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` once if the limit is over before the block is: it frees blocked calls."""
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(done, end), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def _watch(self, done: threading.Event, end: Callable[[], None]) -> None:
        while not done.wait(_TICK_S):
            if self.over:
                end()
                return
