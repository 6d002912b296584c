"""Pushes images by way of the engine, and holds what it says against the registry."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from tfimages_action.adapters.engine.connection import Connection
from tfimages_action.adapters.engine.layout import Layout
from tfimages_action.adapters.engine.names import RunNames
from tfimages_action.adapters.engine.stream import error_of, line_of, watched
from tfimages_action.core.credentials import Credentials
from tfimages_action.core.published import denial
from tfimages_action.core.published.record import LABEL_FINGERPRINT
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import BuiltImage, Log, Published
from tfimages_action.errors import RegistryError, StageError


class Names(Protocol):
    """What the publisher needs of a registry's client."""

    def heeding(self, stop: threading.Event) -> AbstractContextManager[None]:
        """Within it, every request of this thread ends once `stop` is set."""

    def digest(self, reference: ImageReference) -> str | None:
        """What a reference names now."""

    def labels(self, reference: ImageReference, digest: str) -> Mapping[str, str] | None:
        """The labels of an image; `None` where there is none of that digest."""

    def size(self, reference: ImageReference, digest: str) -> int:
        """Compressed bytes of an image."""

    def tags(self, reference: ImageReference) -> Sequence[str]:
        """Every tag of a repository."""

    def upload(
        self,
        name: ImageReference,
        *,
        blobs: Iterable[str],
        manifests: Iterable[str],
        where: Callable[[str], Path],
        log: Log,
    ) -> str:
        """Upload an image from files, under a name; gives its digest."""

    def give_name(self, source: ImageReference, name: ImageReference) -> bool:
        """Give the manifest with the source's digest a name; `False` where it had it already."""


class EnginePublisher:
    """Pushes through the engine, names through the registry: `pipeline.ports.Publisher`."""

    def __init__(
        self,
        connection: Connection,
        names: Names,
        run_names: RunNames,
        credentials: tuple[Credentials, ...] = (),
    ) -> None:
        self._connection = connection
        self._run_names = run_names
        self._names = names
        self._credentials = {known.registry: known for known in credentials}

    def heeding(self, stop: threading.Event) -> AbstractContextManager[None]:
        """Within it, every request of this thread to a registry ends once `stop` is set."""
        return self._names.heeding(stop)

    def push(
        self, built: BuiltImage, name: ImageReference, *, log: Log, stop: threading.Event
    ) -> Published:
        """Push under one name. Raises `StageError`, `RegistryError` or `EngineError`."""
        layout = Layout.of_source(built.source)
        if layout is None:
            self._tag(built, name)
            said = self._push(name, log, stop)
        else:
            said = self._names.upload(
                name,
                blobs=layout.blobs(),
                manifests=layout.manifests(),
                where=layout.blob,
                log=log,
            )
        digest = self._names.digest(name)
        if digest is None or (said and said != digest):
            raise RegistryError(
                f"{name}: the engine pushed {said or 'something'}, the registry has {digest}",
                transient=True,
            )
        return Published(
            digest=digest, references=(name,), size_bytes=self._names.size(name, digest)
        )

    def give_names(
        self, source: ImageReference, names: Sequence[ImageReference], *, log: Log
    ) -> Published:
        """Give the manifest of `source` more names, in that order: the same bytes."""
        digest = source.digest
        if digest is None:
            raise StageError(f"{source}: a name can be given to a digest only")
        for name in names:
            given = self._names.give_name(source, name)
            log(f"{name} {'is now' if given else 'was already'} {digest}")
        return Published(
            digest=digest, references=tuple(names), size_bytes=self._names.size(source, digest)
        )

    def digest(self, reference: ImageReference) -> str | None:
        """The digest that a name bears now."""
        return self._names.digest(reference)

    def fingerprint(self, reference: ImageReference) -> str | None:
        """What the image under a name was built from, by its label."""
        digest = self._names.digest(reference)
        labels = self._names.labels(reference, digest) if digest else None
        return labels.get(LABEL_FINGERPRINT) if labels else None

    def tags(self, repository: ImageReference) -> Sequence[str]:
        """Every tag of a repository."""
        return self._names.tags(repository)

    def _tag(self, built: BuiltImage, name: ImageReference) -> None:
        with self._connection.asking(f"name {built.local} as {name}"):
            self._connection.api.tag(built.local, name.name, name.tag)
        self._run_names.add(built.image_id, str(name))

    def _push(self, name: ImageReference, log: Log, stop: threading.Event) -> str | None:
        digest = None
        for event in watched(self._events(name), stop):
            failed = error_of(event)
            if failed:
                raise denial.explain(name, None, failed)
            digest = (event.get("aux") or {}).get("Digest") or digest
            line = line_of(event)
            if line:
                log(line)
        if stop.is_set():
            raise StageError(f"{name}: the push was stopped")
        return digest

    def _events(self, name: ImageReference) -> Iterator[Mapping[str, Any]]:
        with self._connection.transfer(name):
            yield from self._connection.streaming.push(
                name.name,
                tag=name.tag,
                stream=True,
                decode=True,
                auth_config=self._auth(name.registry),
            )

    def _auth(self, registry: str) -> dict[str, str]:
        known = self._credentials.get(registry)
        # An empty one keeps the SDK from looking into the user's own configuration.
        return {"username": known.username, "password": known.password} if known else {}
