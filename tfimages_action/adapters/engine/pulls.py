"""Pulls images by digest through the engine."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

from tfimages_action.adapters.engine.connection import Connection
from tfimages_action.adapters.engine.stream import error_of, line_of, watched
from tfimages_action.core.credentials import Credentials
from tfimages_action.core.published import denial
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import Log
from tfimages_action.errors import StageError


class Puller:
    """Makes sure that the engine has an image."""

    def __init__(self, connection: Connection, credentials: tuple[Credentials, ...] = ()) -> None:
        self._connection = connection
        self._credentials = {known.registry: known for known in credentials}

    def ensure(self, reference: ImageReference, *, log: Log, stop: threading.Event) -> str:
        """Pull what `reference` (with a digest) pins, unless it is there; gives its name there.

        Raises `StageError`, `RegistryError` or `EngineError`; a rate limit is transient.
        """
        pinned = f"{reference.name}@{reference.digest}"
        if self._connection.inspect(pinned) is None:
            self._pull(reference, log, stop)
        return pinned

    def _pull(self, reference: ImageReference, log: Log, stop: threading.Event) -> None:
        for event in watched(self._events(reference), stop):
            said = error_of(event)
            if said:
                raise denial.explain(reference, None, said)
            line = line_of(event)
            if line:
                log(line)
        if stop.is_set():
            raise StageError(f"{reference}: the pull was stopped")

    def _events(self, reference: ImageReference) -> Iterator[Mapping[str, Any]]:
        known = self._credentials.get(reference.registry)
        with self._connection.transfer(reference):
            yield from self._connection.streaming.pull(
                reference.name,
                tag=reference.digest,
                stream=True,
                decode=True,
                auth_config={"username": known.username, "password": known.password}
                if known
                else {},
            )
