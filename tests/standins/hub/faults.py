"""What may be made to go wrong, one switch each; every one was seen or read on a real Hub."""

from __future__ import annotations

import threading
from collections import Counter
from enum import StrEnum


class Fault(StrEnum):
    STORAGE_DOWN = "storage-down"
    """200 with empty statistics; an empty flist replaces the old one."""
    PARTIAL_500 = "partial-500"
    """The storage was lost midway: 500, and a partial flist replaces the old one."""
    CUT_ARCHIVE = "cut-archive"
    """What came was cut: 200 with the statistics of the part."""
    LOST_COMMIT = "lost-commit"
    """200 with normal statistics, and no flist at all."""
    WRITTEN_500 = "written-500"
    """500 in JSON although the flist was written."""
    HTML_500 = "html-500"
    """500 in HTML, nothing written (too many progress events)."""
    PULL_FAILED = "pull-failed"
    """500, `could not pull this image`, nothing written."""
    PROXY_502 = "proxy-502"
    """A proxy gives up at once; the conversion goes on."""
    PROXY_504 = "proxy-504"
    """The same, said as a time-out."""
    HANG = "hang"
    """The registry hangs in a layer: no answer ever, nothing written."""
    RESET = "reset"
    """The connection is reset in mid-answer, after the flist was written."""
    RESET_EARLY = "reset-early"
    """The connection is reset before any answer; the conversion goes on."""
    CUT_DOWNLOAD = "cut-download"
    """A reader gets a truncated gzip, as amid a replacement."""
    MISSING_DOWNLOAD = "missing-download"
    """A reader gets 404, as amid a replacement."""
    MISPLACED_LINK = "misplaced-link"
    """200, and the link was made in another user's folder."""
    RENAME_LOST = "rename-lost"
    """200 to a rename that did nothing."""
    RENAME_RESET = "rename-reset"
    """The rename is done, its answer lost."""
    READ_ONLY = "read-only"
    """Every `me` call is refused."""


ALWAYS = 1 << 30


class Faults:
    """How often each fault is still to happen. Thread-safe."""

    def __init__(self) -> None:
        self._left: Counter[Fault] = Counter()
        self._lock = threading.Lock()

    def inject(self, fault: Fault, times: int = 1) -> None:
        with self._lock:
            self._left[fault] += times

    def clear(self) -> None:
        with self._lock:
            self._left.clear()

    def take(self, fault: Fault) -> bool:
        """Whether it is to happen now; counts it."""
        with self._lock:
            if self._left[fault] <= 0:
                return False
            self._left[fault] -= 1
            return True
