"""What SIGINT and SIGTERM do: an orderly end, whatever is under way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

from tfimages_action.errors import ExitCode, InterruptError, TerminateError, TfImagesError

_SIGNALS: Final = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
}


@dataclass(slots=True)
class Stopping:
    """What a signal does: at first it ends the planning, then it calls what ends the run."""

    call: Callable[[ExitCode], None] | None = None


@contextmanager
def stoppable() -> Iterator[Stopping]:
    """Turn both signals into an orderly end while the block runs."""
    stopping = Stopping()

    def handle(number: int, _frame: FrameType | None) -> None:
        code = _SIGNALS[signal.Signals(number)]
        if stopping.call is None:
            raise _interrupt(code)
        stopping.call(code)

    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(code: ExitCode) -> TfImagesError:
    kind = InterruptError if code is ExitCode.INTERRUPTED else TerminateError
    return kind("interrupted before anything was built", hint="run it again")
