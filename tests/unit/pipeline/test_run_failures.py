"""What fails in a run: whom it costs, what is tried again, what ends the run."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from tests.standins.plans import image, plan_from, step
from tests.standins.world import REGISTRY, FakeEngine, World
from tests.unit.pipeline.runs import FAMILY, OPTIONS, failing, outcomes, pipeline
from tfimages_action.core.catalog.model import External
from tfimages_action.core.published import names
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.events import Event, Notice, Retrying, StageEnded
from tfimages_action.core.run.report import Outcome, Stage
from tfimages_action.core.run.work import BuildRequest, Built, CheckResult, Log
from tfimages_action.errors import (
    BuilderError,
    EngineError,
    ExitCode,
    HubError,
    Location,
    RegistryError,
    RegistryGoneError,
    StageError,
    TfImagesError,
)


@pytest.mark.parametrize(
    ("effect", "stage"),
    [
        ("before build b", Stage.BUILD),
        ("before check b", Stage.CHECK),
        ("before push o/b", Stage.PUSH),
        ("before half-convert r.example-o-b", Stage.CONVERT),
        ("before verify r.example-o-b", Stage.VERIFY),
        ("before link r.example-o-b", Stage.SWITCH),
    ],
)
def test_a_failure_costs_its_branch_only(world: World, effect: str, stage: Stage) -> None:
    world.hook = failing(effect, StageError("no", hint="do this"))
    report = pipeline(world, *map(step, FAMILY)).run()
    assert report.exit_code is ExitCode.FAILED
    assert outcomes(report) == {
        "a": "published",
        "b": "failed",
        "c": "blocked",
        "x": "published",
        "y": "published",
    }
    failed, blocked = report.images[1], report.images[2]
    assert failed.failure is not None
    assert (failed.failure.stage, failed.failure.message) == (stage, "no")
    assert blocked.blocked_by == "b"
    assert not {"r.example/o/b:latest", "r.example/o/c:latest"} & world.tags().keys()


def test_a_failure_is_told_and_kept_with_its_place(world: World) -> None:
    place = Location(path="images/a/Dockerfile", line=4)
    world.hook = failing("before build a", StageError("no", location=place))
    events: list[Event] = []
    report = pipeline(world, step(image("a")), listener=events.append).run()
    assert report.images[0].failure is not None
    assert report.images[0].failure.location == place
    (ended,) = [event for event in events if isinstance(event, StageEnded)]
    assert ended.message == "images/a/Dockerfile:4: no"


def test_a_failed_run_goes_on_where_it_stopped(world: World) -> None:
    world.hook = failing("before half-convert r.example-o-b", StageError("no"))
    pipeline(world, *map(step, FAMILY)).run()
    world.hook = lambda _effect: None
    plan = plan_from(world, FAMILY, "v2")
    report = pipeline(world, *plan.steps).run()
    assert outcomes(report) == {
        "a": "skipped",
        "b": "reused",
        "c": "reused",
        "x": "skipped",
        "y": "skipped",
    }
    assert world.effects().count("build b") == world.effects().count("build c") == 1


def test_an_unexpected_error_is_a_failure_too(world: World) -> None:
    world.hook = failing("before check a", ZeroDivisionError("x"))
    report = pipeline(world, *map(step, FAMILY)).run()
    failure = report.images[0].failure
    assert failure is not None
    assert failure.message == "unexpected ZeroDivisionError: x"
    assert outcomes(report)["y"] == "published"


def test_the_last_twenty_lines_stand_in_the_failure(world: World) -> None:
    class Loud(FakeEngine):
        def build(self, request: BuildRequest, *, log: Log, stop: threading.Event) -> Built:
            for number in range(30):
                log(f"line {number}")
            if not stop.is_set():
                raise StageError(f"RUN failed in {request.image.name}")
            raise AssertionError

    report = pipeline(world, step(image("a")), builder=Loud(world)).run()
    failure = report.images[0].failure
    assert failure is not None
    assert failure.log_tail == tuple(f"line {number}" for number in range(10, 30))


def test_a_failing_check_publishes_nothing(world: World) -> None:
    class Strict(FakeEngine):
        def check(self, built: Built, *, log: Log, stop: threading.Event) -> list[CheckResult]:
            (good,) = super().check(built, log=log, stop=stop)
            return [good, replace(good, name="ssh", ok=False, detail="refused")]

    report = pipeline(world, step(image("a")), checker=Strict(world)).run()
    (run,) = report.images
    assert run.failure is not None
    assert run.failure.message == "check ssh: refused"
    assert [check.ok for check in run.checks] == [True, False]
    assert world.tags() == {}


def test_fail_fast_starts_nothing_more(world: World) -> None:
    world.hook = failing("before build a", StageError("no"))
    options = replace(OPTIONS, fail_fast=True, max_parallel=1)
    report = pipeline(world, *map(step, FAMILY), options=options).run()
    assert outcomes(report) == {
        "a": "failed",
        "b": "blocked",
        "c": "blocked",
        "x": "blocked",
        "y": "blocked",
    }
    assert report.images[1].blocked_by == "a"
    other = report.images[3]
    assert other.blocked_by is None
    assert other.failure is not None
    assert other.failure.message == "not started: fail-fast: build a failed: no"


def test_together_moves_no_name_of_a_family_before_all_of_it_passed(world: World) -> None:
    world.hook = failing("before half-convert r.example-o-c", StageError("no"))
    options = replace(OPTIONS, publish_together=True)
    report = pipeline(world, *map(step, FAMILY), options=options).run()
    assert outcomes(report) == {
        "a": "blocked",
        "b": "blocked",
        "c": "failed",
        "x": "published",
        "y": "published",
    }
    assert report.images[0].blocked_by == "c"
    moved = {tag for tag in world.tags() if tag.endswith(":latest")}
    assert moved == {"r.example/o/x:latest", "r.example/o/y:latest"}


def test_together_moves_them_once_all_passed(world: World) -> None:
    options = replace(OPTIONS, publish_together=True)
    report = pipeline(world, *map(step, FAMILY), options=options).run()
    assert report.exit_code is ExitCode.DONE
    effects = world.effects()
    first = effects.index("name o/a:latest")
    for name in "abc":
        verified = next(e for e in effects if e.startswith(f"verify r.example-o-{name}"))
        assert effects.index(verified) < first


def test_what_is_transient_is_tried_again_and_each_try_is_told(world: World) -> None:
    world.hook = failing("before push", StageError("429", transient=True), times=2)
    events: list[Event] = []
    report = pipeline(world, step(image("a")), listener=events.append).run()
    assert outcomes(report) == {"a": "published"}
    told = [(event.attempt, event.cause) for event in events if isinstance(event, Retrying)]
    assert told == [(1, "429"), (2, "429")]
    pushed = next(run for run in report.images[0].stages if run.stage is Stage.PUSH)
    assert pushed.attempts == 3


def test_a_failing_run_is_not_tried_again(world: World) -> None:
    world.hook = failing("before build", StageError("RUN failed"))
    events: list[Event] = []
    pipeline(world, step(image("a")), listener=events.append).run()
    assert not [event for event in events if isinstance(event, Retrying)]


def test_a_condemned_flist_is_converted_again(world: World) -> None:
    """A killed run left half an flist under the content's name."""
    hero = image("hero")
    pipeline(world, step(hero), options=replace(OPTIONS, convert=False)).run()
    record = world.record(hero.reference)
    assert record is not None
    content = names.content_flist(hero, record.digest)
    world.put("flists", content, "half", "a killed run")
    plan = plan_from(world, [hero], "v2")
    assert outcomes(pipeline(world, *plan.steps).run()) == {"hero": "reused"}
    assert world.flists()[content] == record.digest


@pytest.mark.parametrize(
    ("effect", "error", "code"),
    [
        ("before build a", EngineError("the engine went away"), ExitCode.ENGINE_LOST),
        ("before push o/a", RegistryError("the registry went away"), ExitCode.REGISTRY_LOST),
    ],
)
def test_a_lost_service_ends_the_run(
    world: World, effect: str, error: TfImagesError, code: ExitCode
) -> None:
    world.hook = failing(effect, error)
    events: list[Event] = []
    options = replace(OPTIONS, max_parallel=1)
    report = pipeline(world, *map(step, FAMILY), options=options, listener=events.append).run()
    assert report.exit_code is code
    assert report.error == error.message
    assert report.images[0].outcome is Outcome.FAILED
    assert outcomes(report)["y"] == "blocked"
    assert Notice(text=error.message) in events


@pytest.mark.parametrize(
    ("base", "code"),
    [("quay.io/o/base:1", ExitCode.FAILED), (f"{REGISTRY}/base:1", ExitCode.REGISTRY_LOST)],
)
def test_a_base_s_registry_that_is_lost_costs_what_stands_on_it_only(
    world: World, base: str, code: ExitCode
) -> None:
    """Unless it is the one that the run publishes to."""
    reference = ImageReference.parse(base)
    on_base = External(
        reference=reference, written=base, location=Location(path="a/Dockerfile", line=1)
    )
    lost = RegistryGoneError(f"{reference.registry} can't be reached", transient=True)

    class Bases(FakeEngine):
        tried = 0

        def resolve(self, *_reference: object, **_saying: object) -> str | None:
            self.tried += 1
            raise lost

    a, *others = FAMILY
    bases = Bases(world)
    options = replace(OPTIONS, max_parallel=1)
    steps = map(step, (replace(a, externals=(on_base,)), *others))
    report = pipeline(world, *steps, options=options, bases=bases).run()
    assert report.exit_code is code
    assert bases.tried == options.retry.tries
    failure = report.images[0].failure
    assert failure is not None
    assert failure.message == lost.message
    assert outcomes(report)["y"] == ("published" if code is ExitCode.FAILED else "blocked")


def test_a_lost_builder_costs_what_is_not_built_yet_only(world: World) -> None:
    error = BuilderError("the builder went away", transient=True)
    world.hook = failing("before build c", error)
    options = replace(OPTIONS, max_parallel=1)
    report = pipeline(world, *map(step, FAMILY), options=options).run()
    assert report.exit_code is ExitCode.ENGINE_LOST
    assert report.error == error.message
    found = outcomes(report)
    assert (found["a"], found["b"], found["c"]) == ("published", "published", "failed")


def test_a_builder_that_comes_back_costs_a_try(world: World) -> None:
    world.hook = failing("before build b", BuilderError("it went away", transient=True), times=1)
    report = pipeline(world, *map(step, FAMILY)).run()
    assert set(outcomes(report).values()) == {"published"}


def test_a_lost_hub_costs_the_conversions_only(world: World) -> None:
    world.hook = failing("before half-convert", HubError("the Hub went away"))
    options = replace(OPTIONS, max_conversions=1)
    report = pipeline(world, *map(step, FAMILY), options=options).run()
    assert report.exit_code is ExitCode.HUB_LOST
    assert set(outcomes(report).values()) <= {"failed", "blocked"}
    for name in "abcxy":
        assert f"r.example/o/{name}:v2" in world.tags()
        assert f"r.example/o/{name}:latest" not in world.tags()
