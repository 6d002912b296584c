"""Who runs the tasks: threads, behind a Protocol that a virtual clock can keep as well."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished(Generic[K]):
    """A worker's word that a task returned or raised."""

    key: K
    error: Exception | None = None


class Workers(Protocol[K]):
    """Runs calls beside each other; also the clock."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""

    def start(self, key: K, call: Callable[[], None]) -> None:
        """Run `call` beside the others and remember that it is over."""

    def wait(self, timeout_s: float | None) -> Finished[K] | None:
        """The next one that is over; `None` after the time or a `wake`."""

    def wake(self) -> None:
        """Make `wait` return. Safe from any thread and from signal handlers."""


class Threads(Generic[K]):
    """Each running task has a thread of its own; daemons, so that none can hold up the exit.

    The slots bound their number. (A `ThreadPoolExecutor` joins its threads when the interpreter
    ends: one task that hangs in a system call would then hang the whole run.)
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._over: queue.SimpleQueue[Finished[K] | None] = queue.SimpleQueue()

    def now(self) -> float:
        return self._clock()

    def start(self, key: K, call: Callable[[], None]) -> None:
        threading.Thread(target=self._work, args=(key, call), name=str(key), daemon=True).start()

    def wait(self, timeout_s: float | None) -> Finished[K] | None:
        try:
            return self._over.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def wake(self) -> None:
        self._over.put(None)

    def _work(self, key: K, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends this task and no other
            self._over.put(Finished(key=key, error=error))
        else:
            self._over.put(Finished(key=key))
