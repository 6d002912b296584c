"""A run that hangs, and one that is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.standins.plans import image, step
from tests.standins.world import FakeRegistry, World
from tests.unit.pipeline.runs import FAMILY, OPTIONS, outcomes, pipeline
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.report import Outcome, Stage
from tfimages_action.core.run.work import BuildRequest, Built, Log, Published
from tfimages_action.errors import ExitCode, StageError


class Hanging:
    """A builder that hangs until it is told to stop, or for good."""

    def __init__(self, world: World, only: str, *, deaf: bool = False) -> None:
        self._real = world.services().builder
        self._only = only
        self._deaf = deaf
        self.entered = threading.Event()

    def build(self, request: BuildRequest, *, log: Log, stop: threading.Event) -> Built:
        if request.image.name != self._only:
            return self._real.build(request, log=log, stop=stop)
        self.entered.set()
        if self._deaf:
            time.sleep(60)
        stop.wait(60)
        raise StageError("the command was stopped")


def test_a_stage_that_hangs_ends_as_failed(world: World) -> None:
    options = replace(OPTIONS, build_timeout_s=0.05)
    report = pipeline(world, *map(step, FAMILY), options=options, builder=Hanging(world, "b")).run()
    assert outcomes(report) == {
        "a": "published",
        "b": "failed",
        "c": "blocked",
        "x": "published",
        "y": "published",
    }
    failure = report.images[1].failure
    assert failure is not None
    assert "time limit of 0.05 s" in failure.message
    assert "build-timeout" in failure.hint


@pytest.mark.parametrize("code", [ExitCode.INTERRUPTED, ExitCode.TERMINATED])
def test_a_stop_ends_everything_and_the_report_is_whole(world: World, code: ExitCode) -> None:
    builder = Hanging(world, "b")
    run = pipeline(world, *map(step, FAMILY), builder=builder)

    def interrupt() -> None:
        builder.entered.wait(20)
        run.stop(code)

    threading.Thread(target=interrupt).start()
    report = run.run()
    assert report.exit_code is code
    assert [run.step.image.name for run in report.images] == ["a", "b", "c", "x", "y"]
    failed = report.images[1]
    assert failed.outcome is Outcome.FAILED
    assert failed.failure is not None
    assert failed.failure.message == "the run was told to stop"
    assert outcomes(report)["c"] == "blocked"
    assert report.error


def test_a_stop_reaches_what_only_talks_to_the_registry(world: World) -> None:
    entered = threading.Event()

    class Slow(FakeRegistry):
        def give_names(
            self, source: ImageReference, names: Sequence[ImageReference], *, log: Log
        ) -> Published:
            log(f"{source} is to have {len(names)} names")
            entered.set()
            assert self.heeded.stop is not None
            assert self.heeded.stop.wait(60)
            raise StageError("stopped while the registry was at work")

    run = pipeline(world, step(image("a")), publisher=Slow(world))

    def interrupt() -> None:
        entered.wait(20)
        run.stop(ExitCode.TERMINATED)

    threading.Thread(target=interrupt).start()
    report = run.run()
    assert report.exit_code is ExitCode.TERMINATED
    failure = report.images[0].failure
    assert failure is not None
    assert (failure.stage, failure.message) == (Stage.PUSH, "the run was told to stop")


def test_a_stop_before_the_start_starts_nothing(world: World) -> None:
    run = pipeline(world, *map(step, FAMILY))
    run.stop(ExitCode.TERMINATED)
    report = run.run()
    assert report.exit_code is ExitCode.TERMINATED
    assert set(outcomes(report).values()) == {"blocked"}
    assert world.effects() == []
