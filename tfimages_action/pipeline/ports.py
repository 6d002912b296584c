"""What the pipeline needs of the outside, as Protocols; only the doors know who implements them.

Every method blocks, is called from a worker thread, takes the stage's `log` and its `stop` (set
when the run is cancelled, the stage's time is up, or a service it needs is gone; the method then
returns or raises within two seconds), and raises a `TfImagesError`: a `StageError` costs the image
and its descendants, `EngineError`, `RegistryError` or `HubError` mean that the service itself is
gone. With `transient=True` the pipeline tries the whole call again, after `retry_after_s` where the
other side said so: adapters need no retries of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.report import Flist
from tfimages_action.core.run.work import (
    BuildRequest,
    Built,
    BuiltImage,
    CheckResult,
    FlistSource,
    Log,
    Published,
)


class Builder(Protocol):
    """Builds one image with BuildKit."""

    def build(self, request: BuildRequest, *, log: Log, stop: threading.Event) -> Built:
        """Build and keep the result where the checker, the publisher and children find it."""


class Checker(Protocol):
    """Proves that a built image does what its checks ask."""

    def check(self, built: Built, *, log: Log, stop: threading.Event) -> Sequence[CheckResult]:
        """All checks of the image, in order; a failing one ends the list."""


class Comparer(Protocol):
    """Tells whether a build made anything new."""

    def same(
        self, built: BuiltImage, published: Published, *, log: Log, stop: threading.Event
    ) -> bool:
        """Whether both hold the same files and start the same, times and logs apart."""


class Publisher(Protocol):
    """Brings images and names into the registry."""

    def heeding(self, stop: threading.Event) -> AbstractContextManager[None]:
        """Within it, every call of this thread (of `Bases` too) ends once `stop` is set."""

    def push(
        self, built: BuiltImage, name: ImageReference, *, log: Log, stop: threading.Event
    ) -> Published:
        """Push under one name; shared layers are uploaded once.

        The name is not the content's: on the classic image store a manifest's digest, which
        the content's name is made of, exists only after the push.
        """

    def give_names(
        self, source: ImageReference, names: Sequence[ImageReference], *, log: Log
    ) -> Published:
        """Give the manifest of `source` (pinned by digest) more names: the same bytes.

        In the order given; one that bears the digest already is left alone.
        """

    def digest(self, reference: ImageReference) -> str | None:
        """The digest that a name bears now; `None` where it is certainly absent (404)."""

    def fingerprint(self, reference: ImageReference) -> str | None:
        """What the image under a name was built from, by its label; `None` where nothing says."""

    def tags(self, repository: ImageReference) -> Sequence[str]:
        """Every tag of a repository (the reference's own tag is ignored); none: empty."""


class Bases(Protocol):
    """Says what exactly an external reference stands for today."""

    def resolve(self, reference: ImageReference, *, log: Log, stop: threading.Event) -> str | None:
        """The reference's digest; `None` for an image that only the engine knows (imported)."""


class Housekeeper(Protocol):
    """Looks after the engine's disk."""

    def free_bytes(self) -> int | None:
        """What is left where images are stored; `None` where nobody can tell (remote)."""

    def drop(self, built: Built) -> None:
        """Remove an image of this run that nothing needs any more. Never raises."""


class Recorder(Protocol):
    """Writes down what was proved, where anyone can read it and no user of the Hub can write."""

    def record(self, image: Image, digest: str, flist: Flist, *, log: Log) -> Flist:
        """Write down the root of a proved flist of `digest`; returns it with `record`.

        Comes after the proof and before any name leads to the flist. The same again changes
        nothing.
        """


class Converter(Protocol):
    """Has the Hub make flists, proves them, and switches the stable names."""

    def convert(
        self, image: Image, source: FlistSource, *, log: Log, stop: threading.Event
    ) -> Flist:
        """Have the content name converted. Settles what the Hub left unclear before returning.

        A killed run may have left the content's flist, whole or not: one that is there is taken
        for a candidate, which `verify` proves or condemns.
        """

    def verify(
        self, image: Image, source: FlistSource, flist: Flist, *, log: Log, stop: threading.Event
    ) -> Flist:
        """Hold the flist against the image; returns it with `verified`, or raises."""

    def switch(
        self, image: Image, flist: Flist, names: Sequence[str], *, log: Log, stop: threading.Event
    ) -> Flist:
        """Make the names links to the verified flist, in order, with no moment of absence.

        The pipeline calls this for one image at a time. A name that is one already is left alone.
        """
