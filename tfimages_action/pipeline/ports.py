"""What the pipeline needs of the outside, as Protocols; only the doors know who implements them.

Every method blocks, is called from a worker thread, takes the stage's `log` and the run's `stop`
(set when the run is cancelled or the stage's time is up), and raises a `TfImagesError`: a
`StageError` costs the image and its descendants, `EngineError`, `RegistryError` or `HubError`
mean that the service itself is gone.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import IO, Protocol

from tfimages_action.core.catalog import Image
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run import Flist
from tfimages_action.core.work import (
    BuildRequest,
    Built,
    BuiltImage,
    CheckResult,
    ImageConfig,
    Log,
    Published,
    Visibility,
)


class Builder(Protocol):
    """Builds one image with BuildKit."""

    def build(self, request: BuildRequest, *, log: Log, stop: threading.Event) -> Built:
        """Build and keep the result where the checker, the publisher and children find it."""


class Checker(Protocol):
    """Proves that a built image does what its checks ask."""

    def check(self, built: Built, *, log: Log, stop: threading.Event) -> Sequence[CheckResult]:
        """All checks of the image, in order; a failing one ends the list."""


class Publisher(Protocol):
    """Brings images and names into the registry."""

    def push(
        self, built: BuiltImage, name: ImageReference, *, log: Log, stop: threading.Event
    ) -> Published:
        """Push under one (content) name; shared layers are uploaded once."""

    def give_names(
        self, source: ImageReference, names: Sequence[ImageReference], *, log: Log
    ) -> Published:
        """Give the manifest of `source` (pinned by digest) more names: the same bytes."""


class Converter(Protocol):
    """Has the Hub make flists, proves them, and switches the stable names."""

    def convert(self, image: Image, source: Published, *, log: Log, stop: threading.Event) -> Flist:
        """Have the content name converted. Settles what the Hub left unclear before returning."""

    def verify(
        self, image: Image, source: Published, flist: Flist, *, log: Log, stop: threading.Event
    ) -> Flist:
        """Hold the flist against the image; returns it with `verified`, or raises."""

    def switch(
        self, image: Image, flist: Flist, names: Sequence[str], *, log: Log, stop: threading.Event
    ) -> Flist:
        """Make the stable names links to the verified flist, with no moment of absence."""


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
