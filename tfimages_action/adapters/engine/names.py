"""The names that a run gives to images in the engine, so that all of them go away again."""

from __future__ import annotations

import threading
import time
from typing import Final

from tfimages_action.adapters.engine.connection import Connection

_PATIENCE_S: Final = 2.0


class RunNames:
    """Names by image id; the engine removes an image with its last name. Thread-safe."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._names: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def add(self, image_id: str, name: str) -> None:
        """Remember a name of this run's own making."""
        with self._lock:
            self._names.setdefault(image_id, set()).add(name)

    def drop(self, image_id: str) -> None:
        """Take all of this run's names from one image. Never raises."""
        with self._lock:
            names = self._names.pop(image_id, set())
        for name in sorted(names):
            self._connection.forget(name)

    def drop_all(self) -> None:
        """Take away the names of this run, as many as a few seconds allow. Never raises.

        A cancelled job is killed soon after it was asked to end.
        """
        until = time.monotonic() + _PATIENCE_S
        while self._names and time.monotonic() < until:
            self.drop(next(iter(self._names)))
