"""What one thing done by hand comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of it: `text` for a person, `data` for a machine (JSON values)."""

    text: str
    data: Mapping[str, object]
