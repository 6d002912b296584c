"""Whom planning asks for what is published. The adapters behind it are wired in reading.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.plan.rollback import Rollback
from tfimages_action.core.published.flist_record import FlistRecord
from tfimages_action.core.published.record import FlistState, RecordAnswer
from tfimages_action.core.reference import ImageReference

ReadRecords = Callable[[Iterable[ImageReference]], Mapping[ImageReference, RecordAnswer]]
ReadArchives = Callable[[Iterable[Image]], Mapping[str, RecordAnswer]]
ReadFlists = Callable[[Mapping[str, str], Iterable[Image]], Mapping[str, FlistState]]
ReadRoot = Callable[[Image, str], FlistRecord | None]
ReadTags = Callable[[ImageReference], Sequence[str]]
ReadRollbacks = Callable[[Iterable[Image]], Mapping[str, Rollback]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseAnswer:
    """What an external reference stands for now, or why nobody can tell."""

    digest: str | None
    cause: str = ""


ReadBases = Callable[[Iterable[ImageReference]], Mapping[ImageReference, BaseAnswer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Whom to ask for what is published. `None`: not asked, the tags decide alone."""

    records: ReadRecords | None = None
    archives: ReadArchives | None = None
    """The records of full VMs, which the Hub keeps, by image name."""
    bases: ReadBases | None = None
    """What external references stand for; a refresh asks."""
    flists: ReadFlists | None = None
    """What the Hub has of images: (digest by image name, images) to states by image name."""
    tags: ReadTags | None = None
    """Every tag of a repository: a rollback's mark is one."""
    rollbacks: ReadRollbacks | None = None
    """The rollbacks of full VMs, whose marks the Hub keeps, by image name."""
    roots: ReadRoot | None = None
    """What was written down of the flist of an image with this digest; an audit asks."""
