"""One upload of a base's layers, however many families stand on it.

An engine that pushes two images at once sends the layers that they share twice, since neither
repository has them yet; once one has, the other mounts them from there. Within a family the graph
sees to it (parents first); families that share an external base meet here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tfimages_action.core.published.labels import Pin
from tfimages_action.errors import StageError

_TICK_S = 0.2


class FirstUploads:
    """For each base: the first push alone, the others once it is through."""

    def __init__(self) -> None:
        self._turns: dict[Pin, threading.Lock] = {}
        self._done: set[Pin] = set()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, base: Pin | None, stop: threading.Event) -> Iterator[None]:
        """Push within. Whoever fails leaves the first turn to the next. Raises `StageError`."""
        if base is None or base in self._done:
            yield
            return
        with self._lock:
            turn = self._turns.setdefault(base, threading.Lock())
        while not turn.acquire(timeout=_TICK_S):
            if stop.is_set():
                raise StageError("the push was stopped before its turn came")
        try:
            if base not in self._done:
                yield
                self._done.add(base)
                return
        finally:
            turn.release()
        yield
