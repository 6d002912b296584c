"""How the converter was asked to work; the words are those of the inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Verify(StrEnum):
    """How an flist is held against its image."""

    FULL = "full"
    COUNTS = "counts"
    NONE = "none"


class Layout(StrEnum):
    """What a stable name is."""

    LINKS = "links"
    REPLACE = "replace"


class ConvertBy(StrEnum):
    """Who brings the image to the Hub."""

    PULL = "pull"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long to watch the Hub, in seconds."""

    poll_s: float = 2.0
    answered_s: float = 6.0
    """After the Hub's own answer: a conversion is whole two seconds before it."""
    unanswered_s: float = 1800.0
    """After none: the Hub goes on, for as long as a conversion may take."""
    leftover_s: float = 3600.0
    """From when on a link half made by a killed run is swept (by the Hub's clock)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Everything that decides how images become flists; `revision` and `version` are recorded."""

    verify: Verify = Verify.FULL
    layout: Layout = Layout.LINKS
    convert_by: ConvertBy = ConvertBy.PULL
    revision: str = ""
    version: str = ""
    timing: Timing = field(default_factory=Timing)
