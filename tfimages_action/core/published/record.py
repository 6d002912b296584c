"""What the registry (or, for a VM, the Hub) says was published: read from labels.

The labels are an image's only state; no file anywhere repeats them. `VENDOR` is our own prefix,
since `org.opencontainers.*` is reserved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

VENDOR: Final = "io.github.threefoldtech.tf-images"
LABEL_FINGERPRINT: Final = f"{VENDOR}.fingerprint"
LABEL_EXTERNALS: Final = f"{VENDOR}.externals"
LABEL_PARENT: Final = f"{VENDOR}.parent"
LABEL_FORCE: Final = f"{VENDOR}.force"
OCI: Final = "org.opencontainers.image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One published image. Fields are `None` where the label was missing: then it isn't ours."""

    digest: str
    fingerprint: str | None = None
    version: str | None = None
    """The release it was built for."""
    revision: str | None = None
    created: datetime | None = None
    """The commit's time; of what others published, when it was made. `None`: nobody knows."""
    externals: tuple[tuple[str, str], ...] = ()
    """(reference, digest) of every external image it was built on, its ancestors' too."""
    base: tuple[str, str] | None = None
    """The nearest external base, its own or an ancestor's: (reference, digest)."""
    force: str | None = None
    """The run that forced it (a tag or a run's id)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """The registry did not say: absent is not unreachable. Both texts are for a person."""

    cause: str
    cure: str = ""
    """What mends it, where that is known."""


class FlistState(StrEnum):
    """What the Hub has of an image that is published as wanted."""

    READY = "ready"
    """The content's flist is there, and the stable names lead to it."""
    ABSENT = "absent"
    """The content's flist is certainly not there."""
    UNLINKED = "unlinked"
    """The content's flist is there, but a stable name doesn't lead to it."""
    UNKNOWN = "unknown"
    """Not asked, or the Hub did not answer."""


RecordAnswer = Record | Unreadable | None
"""`None`: certainly not published (404)."""
