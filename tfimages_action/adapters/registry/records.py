"""Reads what was published from the registry: for each image its digest, then its labels once.

A registry that does not answer at all is not waited for again and again: what it was not asked yet
it won't say either.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.adapters.registry.image_config import created_of, labels_of
from tfimages_action.core.published import labels
from tfimages_action.core.published.record import Record, RecordAnswer, Unreadable
from tfimages_action.core.reference import ImageReference
from tfimages_action.errors import RegistryGoneError, TfImagesError

_READERS: Final = 16


class RecordReader:
    """Reads records, in parallel; what several names share is read once."""

    def __init__(self, client: RegistryClient) -> None:
        self._client = client
        self._known: dict[tuple[str, str], Record | None] = {}
        self._gone: dict[str, Unreadable] = {}
        """Registries that nobody answers for."""
        self._lock = threading.Lock()

    def read(self, references: Iterable[ImageReference]) -> Mapping[ImageReference, RecordAnswer]:
        """What each reference names: a record, `None` for a 404, or why the registry won't say."""
        wanted = tuple(dict.fromkeys(references))
        with ThreadPoolExecutor(max_workers=_READERS, thread_name_prefix="records") as pool:
            return dict(zip(wanted, pool.map(self._answer, wanted), strict=True))

    def tags(self, repository: ImageReference) -> tuple[str, ...]:
        """Every tag of a repository; none: empty."""
        return self._client.tags(repository)

    def _answer(self, reference: ImageReference) -> RecordAnswer:
        gone = self._gone.get(reference.registry)
        if gone is not None:
            return gone
        try:
            digest = self._client.digest(reference)
            return self._record(reference, digest) if digest else None
        except TfImagesError as error:
            unreadable = Unreadable(cause=error.message, cure=error.hint)
            if isinstance(error, RegistryGoneError):
                self._gone[reference.registry] = unreadable
            return unreadable

    def _record(self, reference: ImageReference, digest: str) -> Record | None:
        key = (reference.name, digest)
        with self._lock:
            if key in self._known:
                return self._known[key]
        config = self._client.config(reference, digest)
        record = None
        if config is not None:
            record = labels.read(digest, labels_of(config), made=created_of(config))
        with self._lock:
            self._known[key] = record
        return record
