"""How long a run of a plan would take, by what its stages took in an earlier one.

The pipeline's own scheduler does the plan on a virtual clock, in the run's own slots: what it says
follows every rule of a real run.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Final

from tfimages_action.core.plan.model import Action, Plan, Step
from tfimages_action.core.published.names import BranchPush
from tfimages_action.core.run.report import Stage
from tfimages_action.pipeline.graph import Job, stages_of, tasks_of
from tfimages_action.pipeline.options import Durations, Options, slots
from tfimages_action.pipeline.scheduler import Scheduler
from tfimages_action.pipeline.workers import Finished

_MOST: Final = 2 / 3
_ANY: Final = BranchPush(branch="", commit="")
"""What a run publishes for changes no stage of an image that is built or converted."""


def estimate_s(plan: Plan, durations: Durations, options: Options) -> float | None:
    """The expected seconds of a run; `None` where the earlier one tells too little.

    Known has to be how long most of the builds take; any other stage that is not known is taken to
    be as long as most of its kind. What is pushed and converted is as it was then.
    """
    steps = tuple(step for step in plan.steps if step.action is not Action.SKIP)
    builds = [step.image.name for step in steps if step.action is Action.BUILD]
    known = sum((name, Stage.BUILD) in durations for name in builds)
    if known == 0 or known < _MOST * len(builds):
        return None
    done = {stage for _, stage in durations}
    options = replace(options, push=Stage.PUSH in done, convert=Stage.CONVERT in done)
    expected = _filled(steps, durations, options)
    tasks = [replace(task, limit_s=None) for task in tasks_of(steps, _ANY, options, expected)]
    seconds = {task.key: task.seconds for task in tasks}
    clock = _VirtualClock(lambda job: seconds[job])
    scheduler: Scheduler[Job] = Scheduler(
        tasks,
        limits={kind: partial(int, most) for kind, most in slots(options).items()},
        workers=clock,
        call=lambda _job, _slot, _stop: None,
    )
    scheduler.run()
    return clock.now()


def _filled(steps: Iterable[Step], durations: Durations, options: Options) -> Durations:
    """Every stage of the plan's images; what is not known is the median of its kind."""
    by_stage: dict[Stage, list[float]] = {}
    for (_, stage), seconds in durations.items():
        by_stage.setdefault(stage, []).append(seconds)
    usual = {stage: median(known) for stage, known in by_stage.items()}
    return {
        (step.image.name, stage): durations.get((step.image.name, stage), usual[stage])
        for step in steps
        for stage in stages_of(step, _ANY, options)
        if (step.image.name, stage) in durations or stage in usual
    }


class _VirtualClock:
    """Workers who do nothing, in no time but their own."""

    def __init__(self, seconds: Callable[[Job], float]) -> None:
        self._seconds = seconds
        self._now = 0.0
        self._ends: list[tuple[float, int, Job]] = []
        self._started = 0

    def now(self) -> float:
        return self._now

    def start(self, key: Job, call: Callable[[], None]) -> None:
        call()
        self._started += 1
        heapq.heappush(self._ends, (self._now + self._seconds(key), self._started, key))

    def wait(self, timeout_s: float | None) -> Finished[Job]:
        del timeout_s
        self._now, _, key = heapq.heappop(self._ends)
        return Finished(key=key)

    def wake(self) -> None:
        """Nobody waits."""
