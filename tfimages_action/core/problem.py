"""What a person should look at: a mistake, or what may be one, with its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tfimages_action.errors import Location


class Severity(StrEnum):
    """How an annotation is shown on GitHub."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something a person should look at, with its place: becomes an annotation."""

    severity: Severity
    message: str
    hint: str = ""
    location: Location | None = None
