"""Ends a wait that can't be interrupted: a call that blocks in a socket, say.

A thread of its own makes the call; whoever waits leaves when told to stop, and the call is
abandoned to that thread (a daemon, so it can't hold up the exit either).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

T = TypeVar("T")

_TICK_S: Final = 0.1


def until_stopped(
    call: Callable[[], T], stop: threading.Event, stopped: Callable[[], Exception]
) -> T:
    """What the call gives or raises; what `stopped` gives is raised once `stop` is set."""
    gave: list[T] = []
    raised: list[Exception] = []

    def work() -> None:
        try:
            gave.append(call())
        except Exception as error:  # noqa: BLE001 - handed over to the waiting thread whole
            raised.append(error)

    worker = threading.Thread(target=work, name="until-stopped", daemon=True)
    worker.start()
    while worker.is_alive():
        if stop.is_set():
            raise stopped()
        worker.join(_TICK_S)
    if raised:
        raise raised[0]
    return gave[0]


class Heeding:
    """What the calls of each thread heed: a stop of its own, or none."""

    def __init__(self) -> None:
        self._thread = threading.local()

    @property
    def stop(self) -> threading.Event | None:
        found: threading.Event | None = getattr(self._thread, "stop", None)
        return found

    @contextmanager
    def __call__(self, stop: threading.Event) -> Iterator[None]:
        """Every call of this thread within the block heeds `stop`."""
        before = self.stop
        self._thread.stop = stop
        try:
            yield
        finally:
            self._thread.stop = before
