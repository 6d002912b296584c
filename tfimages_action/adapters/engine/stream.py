"""Reads a stream of the engine while listening for the run's stop."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

T = TypeVar("T")

_TICK_S: Final = 0.1


def error_of(event: Mapping[str, Any]) -> str:
    """The error that an event of a push or pull reports; empty for any other event."""
    detail = event.get("errorDetail") or {}
    return str(detail.get("message") or event.get("error") or "")


def line_of(event: Mapping[str, Any]) -> str:
    """The event as a line of a log; empty for a progress bar, redrawn many times a second."""
    status, layer = str(event.get("status", "")), event.get("id")
    if not status or event.get("progressDetail"):
        return ""
    return f"{layer}: {status}" if layer else status


class _End:
    """The stream's end, and what it raised."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def watched(stream: Iterator[T], stop: threading.Event) -> Iterator[T]:
    """Yield what the stream yields, and end early (within a tenth of a second) on `stop`.

    A blocking read can't be interrupted, so a thread of its own does it; a stream left behind is
    abandoned to that thread, which ends with the engine's next word.
    """
    found: queue.Queue[T | _End] = queue.Queue()
    left = threading.Event()

    def read() -> None:
        try:
            for item in stream:
                found.put(item)
                if left.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            found.put(_End(error))
            return
        found.put(_End())

    threading.Thread(target=read, name="engine-stream", daemon=True).start()
    try:
        while not stop.is_set():
            try:
                item = found.get(timeout=_TICK_S)
            except queue.Empty:
                continue
            if isinstance(item, _End):
                if item.error:
                    raise item.error
                return
            yield item
    finally:
        left.set()
