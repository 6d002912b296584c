"""A run over a world of files, for the tests of `pipeline/run.py`."""

from __future__ import annotations

from collections.abc import Callable

from tests.standins.plans import image
from tests.standins.world import FakeRevision, World
from tfimages_action.core.plan.model import Plan, Step
from tfimages_action.core.published import names
from tfimages_action.core.published.names import Release
from tfimages_action.core.run.events import Event
from tfimages_action.core.run.report import RunReport
from tfimages_action.core.tags import require_version_tag
from tfimages_action.pipeline.backoff import RetryPolicy
from tfimages_action.pipeline.graph import Job
from tfimages_action.pipeline.options import Assignment, Options
from tfimages_action.pipeline.run import PipelineRun
from tfimages_action.pipeline.workers import Workers

OPTIONS = Options(retry=RetryPolicy(tries=3, first_s=0.001, longest_s=0.001))
FAMILY = (image("a"), image("b", "a"), image("c", "b"), image("x"), image("y", "x"))
"""Two families: a <- b <- c, and x <- y."""


def release(tag: str = "v2") -> Release:
    return Release(version=require_version_tag(tag))


def pipeline(
    world: World,
    *steps: Step,
    occasion: names.Occasion | None = None,
    options: Options = OPTIONS,
    listener: Callable[[Event], None] = lambda _event: None,
    workers: Workers[Job] | None = None,
    **services: object,
) -> PipelineRun:
    occasion = occasion or release()
    assignment = Assignment(
        plan=Plan(current="v2", previous=None, steps=steps),
        revision=FakeRevision(),
        occasion=occasion,
    )
    return PipelineRun(
        assignment, world.services(**services), options, listener=listener, workers=workers
    )


def outcomes(report: RunReport) -> dict[str, str]:
    return {run.step.image.name: run.outcome.value for run in report.images}


def failing(effect: str, error: Exception, *, times: int = 1000) -> Callable[[str], None]:
    left = [times]

    def hook(now: str) -> None:
        if now.startswith(effect) and left[0] > 0:
            left[0] -= 1
            raise error

    return hook
