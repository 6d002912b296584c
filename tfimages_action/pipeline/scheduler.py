"""Runs abstract tasks: in the order of their graph, in as many slots as there are, to the end.

Nothing here knows of images. `graphlib` says what is ready, `Workers` runs it (threads, or a
virtual clock in tests and benchmarks), a heap per kind of slot holds what waits: the longest
remaining chain first. What holds, whatever the tasks do:

* a task starts only when all that it comes after ended well; else it is BLOCKED;
* never more tasks of a kind run than its limit allows at that moment;
* `run` ends: a task that does not heed its stop within the grace is given up as FAILED.
"""

from __future__ import annotations

import heapq
import queue
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from graphlib import TopologicalSorter
from typing import Final, Generic, TypeVar

from tfimages_action.errors import StageError, TfImagesError
from tfimages_action.pipeline.workers import Finished, Workers

K = TypeVar("K")

Limit = Callable[[], int]
"""How many tasks of a kind may run now; at least 1."""


class End(StrEnum):
    """How a task ended."""

    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked"
    """Not tried: one that it comes after failed."""
    NOT_STARTED = "not-started"
    """Not tried: its kind of slot was closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Generic[K]):
    """One thing to do."""

    key: K
    slot: str | None
    """The kind of slot it needs; `None`: a mere point in the graph, over as soon as ready."""
    after: tuple[K, ...] = ()
    seconds: float = 1.0
    """How long it is expected to take; only the order depends on it."""
    limit_s: float | None = None
    """When it is told to stop, and FAILED."""
    limit_hint: str = ""
    """What to do about a limit that is too short."""
    urgent: bool = False
    """Takes the next slot of its kind before all that is not: it finishes what others wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Generic[K]):
    """What became of a task. Times are the workers' clock; a task not tried has none."""

    key: K
    end: End
    started: float = 0.0
    ended: float = 0.0
    slot: str = ""
    """`build-1`: the kind and the number of the slot it had."""
    error: Exception | None = None
    blocked_by: K | None = None
    """The task whose failure is the cause, not the next one in between."""


@dataclass(slots=True, kw_only=True)
class _Running(Generic[K]):
    task: Task[K]
    number: int
    started: float
    stop: threading.Event
    deadline: float | None
    told: Exception | None = None
    """Why it was told to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Closing:
    slots: frozenset[str] | None
    reason: Exception


STOP_GRACE_S: Final = 2.5
"""How long a task that was told to stop may take before it is given up: what is left of five
seconds is for taking images away and for the summary."""


class Scheduler(Generic[K]):
    """One run of one graph of tasks. `run` may be called once."""

    def __init__(
        self,
        tasks: Iterable[Task[K]],
        *,
        limits: Mapping[str, Limit],
        workers: Workers[K],
        call: Callable[[K, str, threading.Event], None],
        on_end: Callable[[Ended[K]], None] = lambda _ended: None,
        stop_grace_s: float = STOP_GRACE_S,
    ) -> None:
        """Take the tasks; raise `graphlib.CycleError` for a cycle.

        `call` does a task, given its key, its slot and its stop event, in a worker. `on_end`
        hears of each task once it ended, in the thread of `run`.
        """
        self._tasks = {task.key: task for task in tasks}
        self._limits = limits
        self._workers = workers
        self._call = call
        self._on_end = on_end
        self._grace = stop_grace_s
        graph = {key: task.after for key, task in self._tasks.items()}
        self._order = tuple(TopologicalSorter(graph).static_order())
        self._rank = _remaining(self._tasks, self._order)
        self._sorter = TopologicalSorter(graph)
        self._waiting: dict[str, list[tuple[bool, float, int, K]]] = {slot: [] for slot in limits}
        self._place = {key: place for place, key in enumerate(self._order)}
        self._running: dict[K, _Running[K]] = {}
        self._free: dict[str, list[int]] = {slot: [] for slot in limits}
        self._numbers = dict.fromkeys(limits, 0)
        self._busy = dict.fromkeys(limits, 0)
        self._closing: queue.SimpleQueue[_Closing] = queue.SimpleQueue()
        self._closed: dict[str, Exception] = {}
        self._ended: dict[K, Ended[K]] = {}

    def close(self, reason: Exception, slots: Collection[str] | None = None) -> None:
        """Start nothing more in these kinds of slots (all), and stop what runs there.

        What runs then ends as FAILED with `reason`, what waits as NOT_STARTED. Safe from any
        thread and from signal handlers.
        """
        chosen = None if slots is None else frozenset(slots)
        self._closing.put(_Closing(slots=chosen, reason=reason))
        self._workers.wake()

    def run(self) -> dict[K, Ended[K]]:
        """Do every task that can be done and say what became of each, in build order."""
        self._sorter.prepare()
        self._admit()
        while True:
            self._take_closings()
            self._fill()
            if not self._running:
                break
            finished = self._workers.wait(self._patience())
            if finished is not None and finished.key in self._running:
                self._finish(finished)
            self._end_overdue()
        return {key: self._ended[key] for key in self._order}

    def _admit(self) -> None:
        ready = list(self._sorter.get_ready())
        while ready:
            for key in ready:
                task = self._tasks[key]
                verdict = self._verdict(task)
                if verdict is not None:
                    self._end(verdict)
                elif task.slot is not None:
                    place = (not task.urgent, -self._rank[key], self._place[key], key)
                    heapq.heappush(self._waiting[task.slot], place)
            ready = list(self._sorter.get_ready())

    def _verdict(self, task: Task[K]) -> Ended[K] | None:
        """What becomes of a task when all before it has ended; `None`: it waits for a slot."""
        before = [self._ended[other] for other in task.after]
        cause = next((one for one in before if one.end in {End.FAILED, End.BLOCKED}), None)
        if cause is not None:
            first = cause.key if cause.blocked_by is None else cause.blocked_by
            return Ended(key=task.key, end=End.BLOCKED, blocked_by=first)
        left = next((one for one in before if one.end is End.NOT_STARTED), None)
        if left is not None:
            return Ended(key=task.key, end=End.NOT_STARTED, error=left.error)
        if task.slot is None:
            now = self._workers.now()
            return Ended(key=task.key, end=End.DONE, started=now, ended=now)
        if task.slot in self._closed:
            return Ended(key=task.key, end=End.NOT_STARTED, error=self._closed[task.slot])
        return None

    def _fill(self) -> None:
        for slot, waiting in self._waiting.items():
            while waiting:
                if self._busy[slot] >= max(1, self._limits[slot]()):
                    break
                self._start(heapq.heappop(waiting)[3], slot)

    def _start(self, key: K, slot: str) -> None:
        task = self._tasks[key]
        now = self._workers.now()
        running = _Running(
            task=task,
            number=self._take_number(slot),
            started=now,
            stop=threading.Event(),
            deadline=None if task.limit_s is None else now + task.limit_s,
        )
        self._running[key] = running
        self._busy[slot] += 1
        name = f"{slot}-{running.number}"
        self._workers.start(key, lambda: self._call(key, name, running.stop))

    def _take_number(self, slot: str) -> int:
        if self._free[slot]:
            return heapq.heappop(self._free[slot])
        self._numbers[slot] += 1
        return self._numbers[slot]

    def _finish(self, finished: Finished[K]) -> None:
        running = self._running[finished.key]
        # What it was told to stop for explains more than how it took it; success is success.
        error = finished.error and (running.told or finished.error)
        self._leave(running, error)

    def _leave(self, running: _Running[K], error: Exception | None) -> None:
        task = running.task
        slot = task.slot
        assert slot is not None  # noqa: S101 - a task without a slot never runs
        del self._running[task.key]
        self._busy[slot] -= 1
        heapq.heappush(self._free[slot], running.number)
        self._end(
            Ended(
                key=task.key,
                end=End.FAILED if error else End.DONE,
                started=running.started,
                ended=self._workers.now(),
                slot=f"{slot}-{running.number}",
                error=error,
            )
        )
        self._admit()

    def _end(self, ended: Ended[K]) -> None:
        self._ended[ended.key] = ended
        # Done for the sorter however it ended: what comes after is judged when all before it is.
        self._sorter.done(ended.key)
        self._on_end(ended)

    def _take_closings(self) -> None:
        while True:
            try:
                closing = self._closing.get_nowait()
            except queue.Empty:
                return
            slots = tuple(self._waiting) if closing.slots is None else closing.slots
            for running in self._running.values():
                if running.task.slot in slots:
                    self._tell(running, closing.reason)
            for slot in slots:
                reason = self._closed.setdefault(slot, closing.reason)
                waiting, self._waiting[slot] = self._waiting[slot], []
                for *_, key in waiting:
                    self._end(Ended(key=key, end=End.NOT_STARTED, error=reason))
            self._admit()

    def _tell(self, running: _Running[K], reason: Exception) -> None:
        if running.told is None:
            running.told = reason
            running.deadline = self._workers.now() + self._grace
            running.stop.set()

    def _patience(self) -> float | None:
        deadlines = [run.deadline for run in self._running.values() if run.deadline is not None]
        return max(0.0, min(deadlines) - self._workers.now()) if deadlines else None

    def _end_overdue(self) -> None:
        now = self._workers.now()
        for running in tuple(self._running.values()):
            if running.deadline is None or now < running.deadline:
                continue
            if running.told is not None:
                self._leave(running, running.told)
            else:
                self._tell(running, _overrun(running.task))


def _remaining(tasks: Mapping[K, Task[K]], order: tuple[K, ...]) -> dict[K, float]:
    """The longest chain from each task to an end, itself counted, in expected seconds."""
    rank = {key: tasks[key].seconds for key in order}
    for key in reversed(order):
        for before in tasks[key].after:
            rank[before] = max(rank[before], tasks[before].seconds + rank[key])
    return rank


def _overrun(task: Task[K]) -> TfImagesError:
    limit = task.limit_s or 0.0
    text = f"{limit / 60:.0f} min" if limit >= 60 else f"{limit:g} s"  # noqa: PLR2004 - a minute
    return StageError(f"ran into its time limit of {text}", hint=task.limit_hint)
