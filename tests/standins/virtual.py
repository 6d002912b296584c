"""Workers on a virtual clock: a task's call happens at once, its end comes when its time is up."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import Generic, TypeVar

from tfimages_action.pipeline.workers import Finished

K = TypeVar("K")


class VirtualWorkers(Generic[K]):
    """`seconds` says how long a task takes; `math.inf`: until `give_up` is called for it."""

    def __init__(self, seconds: Callable[[K], float]) -> None:
        self._seconds = seconds
        self._clock = 0.0
        self._order = 0
        self._over: list[tuple[float, int, Finished[K]]] = []
        self._alarms: list[tuple[float, int, Callable[[], None]]] = []

    def now(self) -> float:
        return self._clock

    def spend(self, seconds: float) -> None:
        """Let time go by within a call."""
        self._clock += seconds

    def start(self, key: K, call: Callable[[], None]) -> None:
        error: Exception | None = None
        try:
            call()
        except Exception as raised:  # noqa: BLE001 - as threads do
            error = raised
        self._end_at(self._clock + self._seconds(key), Finished(key=key, error=error))

    def at(self, moment: float, alarm: Callable[[], None]) -> None:
        """Do something at a moment of the virtual clock."""
        self._order += 1
        heapq.heappush(self._alarms, (moment, self._order, alarm))

    def give_up(self, key: K, error: Exception) -> None:
        """A hanging task heeds its stop, now."""
        self._end_at(self._clock, Finished(key=key, error=error))

    def wait(self, timeout_s: float | None) -> Finished[K] | None:
        until = math.inf if timeout_s is None else self._clock + timeout_s
        end = self._over[0][0] if self._over else math.inf
        alarm = self._alarms[0][0] if self._alarms else math.inf
        moment = min(until, end, alarm)
        assert moment < math.inf, "nothing will ever happen: a deadlock"
        self._clock = moment
        if alarm == moment:
            heapq.heappop(self._alarms)[2]()
            return None
        return heapq.heappop(self._over)[2] if end == moment else None

    def wake(self) -> None:
        """Everything happens in one thread: nobody waits."""

    def _end_at(self, moment: float, finished: Finished[K]) -> None:
        self._order += 1
        heapq.heappush(self._over, (moment, self._order, finished))
