"""What external references stand for, decided once for a whole run."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import NamedTuple

from tfimages_action.core.catalog.model import External, Image
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import Log
from tfimages_action.errors import RegistryError, StageError
from tfimages_action.pipeline.ports import Bases


class Saying(NamedTuple):
    """How a stage speaks, and how it hears that it must stop."""

    log: Log
    stop: threading.Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedExternal:
    """An external reference of a Dockerfile, and what it stands for in this run."""

    external: External
    digest: str | None
    """`None`: an image that only the engine knows."""


class PinnedBases:
    """Each external reference means one digest for the whole run: the first answer counts."""

    def __init__(self, bases: Bases) -> None:
        self._bases = bases
        self._known: dict[ImageReference, str | None] = {}
        self._locks: dict[ImageReference, threading.Lock] = {}
        self._lock = threading.Lock()

    def pin(self, image: Image, saying: Saying) -> tuple[PinnedExternal, ...]:
        """Every external reference of an image with its digest."""
        home = image.reference.registry
        return tuple(
            PinnedExternal(external=one, digest=self._digest(one.reference, home, saying))
            for one in image.externals
        )

    def _digest(self, reference: ImageReference, home: str, saying: Saying) -> str | None:
        if reference.digest:
            return reference.digest
        with self._lock:
            lock = self._locks.setdefault(reference, threading.Lock())
        with lock:
            if reference not in self._known:
                found = self._resolve(reference, home, saying)
                self._known[reference] = found
                saying.log(f"{reference} is {found or 'known to the engine only'}")
            return self._known[reference]

    def _resolve(self, reference: ImageReference, home: str, saying: Saying) -> str | None:
        try:
            return self._bases.resolve(reference, log=saying.log, stop=saying.stop)
        except RegistryError as error:
            if reference.registry == home:
                raise
            # Somebody else's: without it the run loses what stands on it, and goes on.
            raise StageError(
                error.message,
                hint=error.hint,
                transient=error.transient,
                retry_after_s=error.retry_after_s,
            ) from error
