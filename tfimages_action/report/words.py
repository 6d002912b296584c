"""Numbers and outcomes as people read them."""

from __future__ import annotations

from typing import Final

from tfimages_action.core.run.report import Outcome

_KILO: Final = 1000
_MINUTE: Final = 60
_TENTHS_BELOW_S: Final = 10
_COARSE_S: Final = 10

SIGNS: Final[dict[Outcome, str]] = {
    Outcome.PUBLISHED: "✅",
    Outcome.BUILT: "✅",
    Outcome.REUSED: "♻️",
    Outcome.SKIPPED: "⚪",
    Outcome.FAILED: "❌",
    Outcome.BLOCKED: "⛔",
}


def size(count: int) -> str:
    """Bytes in decimal units, as registries show them: `48.2 MB`."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(value) < _KILO:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= _KILO
    return f"{value:.1f} TB"


def size_change(count: int) -> str:
    """A difference in bytes with its sign: `+1.2 MB`, `-300 B`, `±0`."""
    if count == 0:
        return "±0"
    return ("+" if count > 0 else "-") + size(abs(count))


def duration(seconds: float) -> str:
    """`0.4 s`, `42 s`, `3 min 05 s`, `2 h 10 min`."""
    if seconds < _TENTHS_BELOW_S:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    if minutes == 0:
        return f"{rest} s"
    hours, left = divmod(minutes, _MINUTE)
    return f"{minutes} min {rest:02} s" if hours == 0 else f"{hours} h {left:02} min"


def about(seconds: float) -> str:
    """A guess, as coarse as it is: `about 40 s`, `about 6 min`, `about 2 h 10 min`."""
    if seconds < _MINUTE - _COARSE_S / 2:
        return f"about {max(1, round(seconds / _COARSE_S)) * _COARSE_S} s"
    minutes = max(1, round(seconds / _MINUTE))
    hours, left = divmod(minutes, _MINUTE)
    if hours == 0:
        return f"about {minutes} min"
    return f"about {hours} h {left:02} min" if left else f"about {hours} h"


def count(number: int, thing: str) -> str:
    """`1 image`, `3 images`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def left_as_is(number: int) -> str:
    """How so many are called that nothing was done with."""
    return "left as it is" if number == 1 else "left as they are"


def short_digest(digest: str) -> str:
    """`sha256:` and 12 digits, as the content tags have them."""
    kind, _, digits = digest.partition(":")
    return f"{kind}:{digits[:12]}"


def shortened(path: str, limit: int = 44) -> str:
    """A path whose beginning gives way where it is long: `…/x86_64-linux-gnu/libLLVM.so.19.1`."""
    return path if len(path) <= limit else f"…{path[1 - limit :]}"
