"""The scheduler on a virtual clock: random graphs of 10 to 1,000 images against their lower bound.

The graph of stages is the real one; only what a stage does is left out, and its time is drawn.
Half of the runs know the durations of an earlier one (each off by up to a third), half know none.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from tests.standins.plans import image, step
from tests.standins.virtual import VirtualWorkers
from tfimages_action.core.plan.model import Step
from tfimages_action.core.published.names import Release
from tfimages_action.core.run.report import Stage
from tfimages_action.core.tags import require_version_tag
from tfimages_action.pipeline.graph import Job, tasks_of
from tfimages_action.pipeline.options import Options
from tfimages_action.pipeline.scheduler import Scheduler, Task

_RUNS = 400
_OCCASION = Release(version=require_version_tag("v2"))
_TYPICAL_S = {
    Stage.BUILD: 40.0,
    Stage.CHECK: 6.0,
    Stage.PUSH: 4.0,
    Stage.CONVERT: 14.0,
    Stage.VERIFY: 3.0,
    Stage.SWITCH: 0.5,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """One simulated run: its makespan over the bound, and the scheduler's own processor time."""

    images: int
    ratio: float
    ms_per_image: float
    knew_durations: bool


def simulate(seed: int) -> Simulated:
    draw = random.Random(seed)
    count = round(10 * 100 ** draw.random())
    steps = random_steps(draw, count)
    jobs = {stage: draw.uniform(0.5, 1.0) * typical for stage, typical in _TYPICAL_S.items()}
    cost = {
        (one.image.name, stage): typical * draw.lognormvariate(0, 0.6)
        for one in steps
        for stage, typical in jobs.items()
    }
    knows = seed % 2 == 0
    known = {key: value * draw.uniform(2 / 3, 4 / 3) for key, value in cost.items()}
    limits = {
        "build": draw.choice([2, 4, 8, 16]),
        "push": draw.choice([2, 4]),
        "convert": draw.choice([2, 4, 6]),
        "verify": 2,
        "switch": 4,
    }
    began = time.process_time()
    tasks = tasks_of(steps, _OCCASION, Options(), known if knows else {})
    workers: VirtualWorkers[Job] = VirtualWorkers(lambda job: _seconds(cost, job))
    ends = Scheduler(
        tasks,
        limits={slot: partial(int, limit) for slot, limit in limits.items()},
        workers=workers,
        call=lambda _job, _slot, _stop: None,
    ).run()
    spent = time.process_time() - began
    makespan = max(ended.ended for ended in ends.values())
    return Simulated(
        images=count,
        ratio=makespan / lower_bound(tasks, cost, limits),
        ms_per_image=spent * 1000 / count,
        knew_durations=knows,
    )


def random_steps(draw: random.Random, count: int) -> list[Step]:
    """Families as repositories have them: some roots, most images on one parent, a few on two."""
    roots = draw.uniform(0.05, 0.5)
    names: list[str] = []
    steps: list[Step] = []
    for number in range(count):
        parents: list[str] = []
        if names and draw.random() > roots:
            parents = draw.sample(names, min(len(names), 2 if draw.random() < 0.1 else 1))
        name = f"image-{number}"
        steps.append(step(image(name, *parents)))
        names.append(name)
    return steps


def lower_bound(
    tasks: Sequence[Task[Job]], cost: dict[tuple[str, Stage], float], limits: dict[str, int]
) -> float:
    """No schedule is shorter than the longest chain, nor than any kind's work over its slots."""
    ends: dict[Job, float] = {}
    work: Counter[str] = Counter()
    for task in tasks:  # parents first, as the plan lists them
        before = max((ends[other] for other in task.after), default=0.0)
        seconds = _seconds(cost, task.key)
        ends[task.key] = before + seconds
        if task.slot:
            work[task.slot] += seconds  # type: ignore[assignment]
    return max(*ends.values(), *(work[slot] / limits[slot] for slot in work))


def _seconds(cost: dict[tuple[str, Stage], float], job: Job) -> float:
    return cost[job.image, job.stage] if job.stage else 0.0


def figures(runs: int = _RUNS) -> dict[str, float]:
    """Median and worst ratio of makespan to bound, and the scheduler's own time per image."""
    results = [simulate(seed) for seed in range(runs)]
    for knew in (True, False):
        ratios = [result.ratio for result in results if result.knew_durations is knew]
        what = "durations known" if knew else "by depth alone"
        print(f"  {what}: median {statistics.median(ratios):.3f}, worst {max(ratios):.3f}")
    large = [result for result in results if result.images >= 30]
    worst = max(large, key=lambda result: result.ratio)
    print(f"  worst of 30 images or more: {worst}")
    return {
        "makespan_median": round(statistics.median(result.ratio for result in results), 4),
        "makespan_worst": round(worst.ratio, 4),
        "per_image_ms": round(max(r.ms_per_image for r in results), 4),
        "per_image_ms_median": round(statistics.median(r.ms_per_image for r in results), 4),
        "largest": float(max(math.floor(result.images) for result in results)),
    }


if __name__ == "__main__":
    print(figures())
