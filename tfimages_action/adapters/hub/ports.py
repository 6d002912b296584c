"""What the converter needs of engine and registry, which it doesn't know: doors wire them."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import IO, Protocol

from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import ImageConfig, Log, Published, Visibility


class ImageSource(Protocol):
    """Reads a published image through the engine; pulls it where it isn't at hand."""

    def config(self, source: Published, *, log: Log, stop: threading.Event) -> ImageConfig:
        """What the image starts."""

    def export(
        self, source: Published, *, log: Log, stop: threading.Event
    ) -> AbstractContextManager[IO[bytes]]:
        """The merged file system as one tar stream (`docker export`), read once, never stored.

        Leaving the context removes the container it was read from; a failed export raises
        there, so that a cut stream is never taken for a whole one.
        """


class AnonymousProbe(Protocol):
    """Asks a registry without credentials."""

    def visibility(self, reference: ImageReference) -> Visibility:
        """Whether a stranger can pull exactly this. Raises `RegistryError`."""
