"""The scheduler over thousands of random graphs: order, limits, failure, stops, no deadlock."""

from __future__ import annotations

import graphlib
import math
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import pytest

from tests.standins.virtual import VirtualWorkers
from tfimages_action.errors import StageError
from tfimages_action.pipeline.scheduler import End, Ended, Limit, Scheduler, Task
from tfimages_action.pipeline.workers import Threads

SLOTS = ("build", "push", "convert")
GRAPHS = 2000


@dataclass
class Case:
    """A random graph, what each task costs, and which ones fail or hang."""

    seed: int
    tasks: list[Task[int]] = field(default_factory=list)
    cost: dict[int, float] = field(default_factory=dict)
    failing: set[int] = field(default_factory=set)
    hanging: set[int] = field(default_factory=set)
    deaf: set[int] = field(default_factory=set)
    limits: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        draw = random.Random(self.seed)
        self.limits = {slot: draw.randint(1, 4) for slot in SLOTS}
        for key in range(draw.randint(1, 24)):
            after = draw.sample(range(key), min(key, draw.choice([0, 0, 1, 1, 2, 3])))
            slot = draw.choice([*SLOTS, *SLOTS, None])
            self.tasks.append(
                Task(
                    key=key,
                    slot=slot,
                    after=tuple(after),
                    seconds=draw.random() * 9,
                    limit_s=None if draw.random() < 0.5 else draw.uniform(11, 20),
                )
            )
            self.cost[key] = draw.choice([0.0, 1.0, draw.random() * 9])
            if slot and draw.random() < 0.1:
                self.failing.add(key)
        draw.shuffle(self.tasks)

    def as_limits(self) -> dict[str, Limit]:
        return {slot: partial(int, most) for slot, most in self.limits.items()}

    def hang_some(self) -> None:
        draw = random.Random(-self.seed - 1)
        for task in self.tasks:
            if task.limit_s is not None and task.slot and draw.random() < 0.3:
                self.hanging.add(task.key)
                self.cost[task.key] = math.inf
                if draw.random() < 0.5:
                    self.deaf.add(task.key)
        self.failing -= self.hanging


class Bench:
    """Runs a case on the virtual clock and counts calls."""

    def __init__(self, case: Case, grace: float = 4.0) -> None:
        self.case = case
        self.calls: Counter[int] = Counter()
        self.heard: list[Ended[int]] = []
        self.workers: VirtualWorkers[int] = VirtualWorkers(case.cost.__getitem__)
        self.scheduler = Scheduler(
            case.tasks,
            limits=case.as_limits(),
            workers=self.workers,
            call=self._call,
            on_end=self._on_end,
            stop_grace_s=grace,
        )
        self._stops: dict[int, threading.Event] = {}
        self._told: set[int] = set()

    def _call(self, key: int, _slot: str, stop: threading.Event) -> None:
        self.calls[key] += 1
        self._stops[key] = stop
        if key in self.case.hanging and key not in self.case.deaf:
            self._watch(key)
        if key in self.case.failing:
            raise StageError(f"{key} failed")

    def _watch(self, key: int) -> None:
        def look() -> None:
            if self._stops[key].is_set():
                self.workers.give_up(key, StageError("stopped"))
            else:
                self.workers.at(self.workers.now() + 0.5, look)

        self.workers.at(self.workers.now() + 0.5, look)

    def _on_end(self, ended: Ended[int]) -> None:
        self.heard.append(ended)

    def run(self) -> dict[int, Ended[int]]:
        return self.scheduler.run()


def expected_ends(case: Case) -> dict[int, End]:
    """The oracle: no order, no time, only the graph."""
    tasks = {task.key: task for task in case.tasks}
    ends: dict[int, End] = {}
    for key in sorted(tasks):
        if any(ends[before] is not End.DONE for before in tasks[key].after):
            ends[key] = End.BLOCKED
        elif key in case.failing | case.hanging:
            ends[key] = End.FAILED
        else:
            ends[key] = End.DONE
    return ends


def assert_order_and_limits(case: Case, ends: dict[int, Ended[int]]) -> None:
    for task in case.tasks:
        ended = ends[task.key]
        if ended.end in {End.DONE, End.FAILED}:
            assert all(ends[before].end is End.DONE for before in task.after)
            assert all(ends[before].ended <= ended.started for before in task.after)
    ran = [ended for ended in ends.values() if ended.slot]
    for slot, limit in case.limits.items():
        mine = [ended for ended in ran if ended.slot.startswith(f"{slot}-")]
        assert all(1 <= int(ended.slot.rpartition("-")[2]) <= limit for ended in mine)
        for name in {ended.slot for ended in mine}:
            turns = sorted((ended.started, ended.ended) for ended in mine if ended.slot == name)
            assert all(first[1] <= second[0] for first, second in pairwise(turns))


def assert_no_slot_idles_while_something_waits(case: Case, ends: dict[int, Ended[int]]) -> None:
    for task in case.tasks:
        ended = ends[task.key]
        if not ended.slot or task.slot is None:
            continue
        ready = max((ends[before].ended for before in task.after), default=0.0)
        moments = {ready} | {other.ended for other in ends.values() if other.slot}
        for moment in moments:
            if ready <= moment < ended.started:
                busy = sum(
                    other.started <= moment < other.ended
                    for other in ends.values()
                    if other.slot.startswith(f"{task.slot}-")
                )
                assert busy == case.limits[task.slot]


def test_thousands_of_graphs_end_as_the_oracle_says() -> None:
    for seed in range(GRAPHS):
        case = Case(seed)
        bench = Bench(case)
        ends = bench.run()
        expected = expected_ends(case)
        assert {key: ended.end for key, ended in ends.items()} == expected, seed
        tried = {task.key for task in case.tasks if task.slot} & {
            key for key, end in expected.items() if end is not End.BLOCKED
        }
        assert bench.calls == Counter(tried), seed
        assert sorted(ended.key for ended in bench.heard) == sorted(ends), seed
        assert_order_and_limits(case, ends)
        assert_no_slot_idles_while_something_waits(case, ends)


def test_the_cause_of_what_is_blocked_is_the_failure_itself() -> None:
    for seed in range(300):
        case = Case(seed)
        ends = Bench(case).run()
        for ended in ends.values():
            if ended.end is End.BLOCKED:
                assert ended.blocked_by is not None
                assert ends[ended.blocked_by].end is End.FAILED


def test_what_hangs_ends_at_its_limit_and_never_hangs_the_rest() -> None:
    for seed in range(GRAPHS // 3):
        case = Case(seed)
        case.hang_some()
        ends = Bench(case, grace=4.0).run()
        assert {key: ended.end for key, ended in ends.items()} == expected_ends(case), seed
        limits = {task.key: task.limit_s or 0.0 for task in case.tasks}
        for key in case.hanging:
            if ends[key].slot:
                took = ends[key].ended - ends[key].started
                # Who heeds the stop (it looks twice a second here) is not given up.
                patience = 4.0 if key in case.deaf else 0.5
                assert limits[key] <= took <= limits[key] + patience + 1e-9
                assert "time limit" in str(ends[key].error)


def test_a_stop_at_any_moment_ends_all_of_it_within_the_grace() -> None:
    for seed in range(GRAPHS // 3):
        case = Case(seed)
        case.hang_some()
        bench = Bench(case, grace=4.0)
        moment = random.Random(seed).uniform(0, 15)
        bench.workers.at(moment, partial(bench.scheduler.close, StageError("stop")))
        ends = bench.run()
        assert set(ends) == {task.key for task in case.tasks}
        assert_order_and_limits(case, ends)
        for ended in (ended for ended in ends.values() if ended.slot):
            assert ended.started <= moment
            assert ended.ended <= moment + 4.0 + 1e-9
            if ended.ended > moment and ended.end is End.FAILED and ended.key in case.hanging:
                assert ended.error is not None


def test_closing_one_kind_of_slot_leaves_the_others_going() -> None:
    for seed in range(500):
        case = Case(seed)
        bench = Bench(case)
        bench.scheduler.close(StageError("the Hub is lost"), ("convert",))
        ends = bench.run()
        tasks = {task.key: task for task in case.tasks}
        for key, ended in ends.items():
            if tasks[key].slot == "convert":
                assert ended.end in {End.NOT_STARTED, End.BLOCKED}
            elif all(ends[before].end is End.DONE for before in tasks[key].after):
                assert ended.end in {End.DONE, End.FAILED}


def test_the_longest_remaining_chain_goes_first() -> None:
    tasks = [
        Task(key="short", slot="build", seconds=1),
        Task(key="long", slot="build", seconds=1),
        Task(key="tail", slot="push", after=("long",), seconds=9),
        Task(key="middle", slot="build", seconds=5),
    ]
    started: list[str] = []
    workers: VirtualWorkers[str] = VirtualWorkers(lambda _key: 1.0)
    Scheduler(
        tasks,
        limits={"build": lambda: 1, "push": lambda: 1},
        workers=workers,
        call=lambda key, _slot, _stop: started.append(key),
    ).run()
    assert [key for key in started if key != "tail"] == ["long", "middle", "short"]


def test_what_is_urgent_takes_the_next_slot() -> None:
    tasks = [
        Task(key="build a", slot="build", seconds=9),
        Task(key="build b", slot="build", seconds=8),
        Task(key="check a", slot="build", seconds=1, after=("build a",), urgent=True),
    ]
    started: list[str] = []
    Scheduler(
        tasks,
        limits={"build": lambda: 1},
        workers=VirtualWorkers[str](lambda _key: 1.0),
        call=lambda key, _slot, _stop: started.append(key),
    ).run()
    assert started == ["build a", "check a", "build b"]


def test_a_limit_may_shrink_and_grow_while_tasks_run() -> None:
    most = [3]
    tasks = [Task(key=key, slot="convert") for key in range(12)]
    workers: VirtualWorkers[int] = VirtualWorkers(lambda key: 1.0 + key / 100)

    def call(key: int, _slot: str, _stop: threading.Event) -> None:
        most[0] = 1 if 2 < key < 6 else 3

    ends = Scheduler(tasks, limits={"convert": lambda: most[0]}, workers=workers, call=call).run()
    assert all(ended.end is End.DONE for ended in ends.values())
    alone = [ends[key] for key in (4, 5, 6)]
    assert all(first.ended <= second.started for first, second in pairwise(alone))


def test_a_cycle_is_refused() -> None:
    tasks = [
        Task(key="a", slot="build", after=("b",)),
        Task(key="b", slot="build", after=("a",)),
    ]
    with pytest.raises(graphlib.CycleError):
        Scheduler(
            tasks,
            limits={"build": lambda: 1},
            workers=VirtualWorkers[str](lambda _key: 1.0),
            call=lambda *_arguments: None,
        )


class Watch:
    """Counts, from many threads, what runs and what was called."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.calls: Counter[int] = Counter()
        self.most: Counter[str] = Counter()
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    def call(self, key: int, slot: str, _stop: threading.Event) -> None:
        kind = slot.partition("-")[0]
        with self._lock:
            self.calls[key] += 1
            self._running[kind] += 1
            self.most[kind] = max(self.most[kind], self._running[kind])
        threading.Event().wait(0.0002)
        with self._lock:
            self._running[kind] -= 1
        if key in self.case.failing:
            raise StageError("no")


def test_with_threads_every_task_is_called_once_and_limits_hold() -> None:
    for seed in range(150):
        case = Case(seed)
        watch = Watch(case)
        ends = Scheduler(
            case.tasks,
            limits=case.as_limits(),
            workers=Threads[int](lambda: 0.0),
            call=watch.call,
        ).run()
        assert {key: ended.end for key, ended in ends.items()} == expected_ends(case)
        assert max(watch.calls.values(), default=1) == 1
        assert all(watch.most[slot] <= limit for slot, limit in case.limits.items())
