"""Reads a stream of the engine while listening for the run's stop."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Final, TypeVar

T = TypeVar("T")

_TICK_S: Final = 0.1


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
