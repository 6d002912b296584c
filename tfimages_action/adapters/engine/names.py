"""The names that a run gives to images in the engine, so that all of them go away again."""

from __future__ import annotations

import re
import secrets
import threading
import time
from contextlib import suppress
from typing import Final

from tfimages_action.adapters.engine.connection import Connection
from tfimages_action.errors import TfImagesError
from tfimages_action.leftovers import containers
from tfimages_action.leftovers.owner import stamp, stamped_is_dead

LOCAL_HOST: Final = "tfimages.local"
"""What the names of a run's images in the engine start with: no registry has that name."""
_PATIENCE_S: Final = 2.0
_STAMPED: Final = re.compile(rf"{LOCAL_HOST}/run-([0-9a-f]+\.\d+\.\d+)-([0-9a-f]+)-")
_DEEPEST: Final = 8
"""How many parts a repository's name has, at most, that a killed run's images are found by."""


class RunNames:
    """Names by image id; the engine removes an image with its last name. Thread-safe."""

    def __init__(self, connection: Connection, *, keep: bool = False) -> None:
        """`keep`: they stay behind the run, so that their names tell of no owner."""
        self._connection = connection
        self._keep = keep
        run = f"{int(time.time()):x}-{secrets.token_hex(4)}"
        self.prefix = f"{LOCAL_HOST}/kept-{run}" if keep else f"{LOCAL_HOST}/run-{stamp()}-{run}"
        """What names begin with."""
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

        A cancelled job is killed soon after it was asked to end. What is to be kept stays.
        """
        if self._keep:
            return
        until = time.monotonic() + _PATIENCE_S
        while self._names and time.monotonic() < until:
            self.drop(next(iter(self._names)))


def sweep(connection: Connection) -> None:
    """Remove the images of runs that were killed, and first the containers. Never raises."""
    patterns = [f"{LOCAL_HOST}/run-*{'/*' * parts}" for parts in range(1, _DEEPEST + 1)]
    with suppress(TfImagesError), connection.asking("list its images"):
        containers.sweep(connection.api)
        found = connection.api.images(filters={"reference": patterns})
        for name in (name for image in found for name in image["RepoTags"] or ()):
            stamped = _STAMPED.match(name)
            if stamped and stamped_is_dead(stamped[1], time.time() - int(stamped[2], 16)):
                connection.forget(name)
