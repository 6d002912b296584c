"""What one call of the terminal's program goes by, from its first option to its end."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Asked:
    """What was asked of the program as a whole, and what it holds on to."""

    debug: bool = False
    kept: list[object] = field(default_factory=list)
    """What a command that only looks has made: nothing of it is freed before the process ends."""
