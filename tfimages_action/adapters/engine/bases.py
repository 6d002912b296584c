"""What an external image stands for today: its registry's digest, pulled and ready to build on."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from tfimages_action.adapters.engine.connection import Connection
from tfimages_action.adapters.engine.pulls import Puller
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import Log
from tfimages_action.errors import RegistryError, StageError


class Digests(Protocol):
    """What is asked of the external image's registry."""

    def digest(self, reference: ImageReference) -> str | None:
        """What a reference names now; `None` where it is certainly absent."""


class EngineBases:
    """Resolves external references: `pipeline.ports.Bases`."""

    def __init__(
        self, connection: Connection, registry: Digests, puller: Puller | None = None
    ) -> None:
        """`puller` brings what was resolved into the engine; `None` where BuildKit is elsewhere."""
        self._connection = connection
        self._registry = registry
        self._puller = puller

    def resolve(self, reference: ImageReference, *, log: Log, stop: threading.Event) -> str | None:
        """The reference's digest; `None` for an image that only the engine has.

        Raises `StageError` where nobody has it, `RegistryError` where its registry does not say
        and the engine can't help.
        """
        try:
            digest = self._registry.digest(reference)
        except (RegistryError, StageError) as error:
            # Docker Hub answers 401 for what isn't there, so a refusal too may be a local image.
            if error.retry_after_s is not None:
                raise
            return self._from_engine(reference, error, log)
        if digest is None:
            missing = StageError(
                f"{reference} is not in its registry",
                hint="check the FROM that names it: was its tag removed or renamed?",
            )
            return self._from_engine(reference, missing, log)
        if self._puller is not None:
            self._puller.ensure(reference.with_digest(digest), log=log, stop=stop)
        return digest

    def _from_engine(
        self, reference: ImageReference, cause: RegistryError | StageError, log: Log
    ) -> str | None:
        found = self._connection.inspect(str(reference)) if self._puller is not None else None
        if found is None:
            raise cause
        digest = self._digest_at_pull(reference, found.get("RepoDigests") or ())
        log(f"{cause.message}; the engine has it as {digest or found['Id']}")
        return digest

    def _digest_at_pull(self, reference: ImageReference, known: Sequence[str]) -> str | None:
        # The classic store notes a digest when an image comes from (or went to) a registry. The
        # containerd store shows one for every image, imported ones too: that proves nothing.
        if self._connection.info.containerd_store:
            return None
        pinned = (ImageReference.parse(name) for name in known)
        return next((one.digest for one in pinned if one.name == reference.name), None)
