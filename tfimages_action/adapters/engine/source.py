"""Reads a published image through the engine: `pipeline.ports.ImageSource`."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from tfimages_action.adapters.engine.connection import Connection
from tfimages_action.adapters.engine.pulls import Puller
from tfimages_action.adapters.engine.stream import watched
from tfimages_action.core.run.work import ImageConfig, Log, Published
from tfimages_action.errors import EngineError, StageError
from tfimages_action.leftovers import containers
from tfimages_action.leftovers.owner import labels, this_owner

_CHUNK: Final = 1 << 20
# An image without a command can't become a container without one; it is never started.
_NEVER_RUN: Final = ("/never-started",)
_LONGEST_S: Final = 24 * 3600


class EngineImageSource:
    """The image's config and files, from the engine; pulled where it isn't at hand."""

    def __init__(self, connection: Connection, puller: Puller) -> None:
        self._connection = connection
        self._puller = puller
        self._lock = threading.Lock()
        self._owner = ""

    def config(self, source: Published, *, log: Log, stop: threading.Event) -> ImageConfig:
        """What the image starts."""
        name = self._present(source, log, stop)
        found = self._connection.inspect(name)
        if found is None:
            raise StageError(f"the engine has lost {name}")
        config = found.get("Config") or {}
        return ImageConfig(
            entrypoint=_words(config.get("Entrypoint")),
            cmd=_words(config.get("Cmd")),
            env=tuple(config.get("Env") or ()),
            workdir=str(config.get("WorkingDir") or ""),
        )

    @contextmanager
    def export(self, source: Published, *, log: Log, stop: threading.Event) -> Iterator[IO[bytes]]:
        """The merged file system as one tar stream.

        Leaving the context removes the container. Raises `EngineError` there when the stream
        broke off, even if the reader took it for the end, and `StageError` on a stop.
        """
        name = self._present(source, log, stop)
        api = self._connection.streaming
        with self._connection.asking(f"create a container of {name}"):
            made = api.create_container(name, command=list(_NEVER_RUN), labels=self._owned())
        container = made["Id"]
        try:
            with self._connection.asking(f"export {name}"):
                chunks = api.export(container, chunk_size=_CHUNK)
            stream = _ChunkStream(watched(chunks, stop))
            yield io.BufferedReader(stream, _CHUNK)
            self._settle(name, stream, stop)
        finally:
            self._connection.remove_container(container)

    def _owned(self) -> dict[str, str]:
        """The labels of our containers; those of dead runs are removed before our first."""
        api = self._connection.api
        with self._lock, self._connection.asking("list its containers"):
            if not self._owner:
                containers.sweep(api)
                own = containers.own_container(api)
                self._owner = this_owner(own["Id"] if own else None)
        return labels(self._owner, _LONGEST_S)

    def _settle(self, name: str, stream: _ChunkStream, stop: threading.Event) -> None:
        if stop.is_set():
            raise StageError(f"the export of {name} was stopped")
        if stream.broken is not None:
            raise self._connection.lost(f"while it exported {name}: {stream.broken}")

    def _present(self, source: Published, log: Log, stop: threading.Event) -> str:
        # Without a push there is no manifest: the digest is the engine's own image id.
        if self._connection.inspect(source.digest) is not None:
            return source.digest
        pinned = source.references[0].with_digest(source.digest)
        return self._puller.ensure(pinned, log=log, stop=stop)


class _ChunkStream(io.RawIOBase):
    """Chunks as a file; what breaks them off is kept, for it must not pass for the end."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self.broken: Exception | None = None
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = self._next()
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def _next(self) -> bytes:
        try:
            return next(self._chunks, b"")
        except Exception as error:
            self.broken = error
            raise EngineError(f"the export broke off: {error}") from error


def _words(value: list[str] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)
