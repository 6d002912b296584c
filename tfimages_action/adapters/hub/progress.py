"""An upload's progress as lines of a log: one for each tenth."""

from __future__ import annotations

from tfimages_action.adapters.hub.multipart import Progress
from tfimages_action.core.run.work import Log

_MIB = 1024 * 1024
_STEPS = 10


def lines(log: Log) -> Progress:
    """A progress that writes to `log` when another tenth is through."""
    said = 0

    def progress(sent: int, total: int) -> None:
        nonlocal said
        step = sent * _STEPS // total
        if step > said:
            said = step
            log(f"uploaded {sent / _MIB:.1f} of {total / _MIB:.1f} MiB")

    return progress
