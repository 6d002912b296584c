"""A whole run over a world of files: effects, outcomes, failure, stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.standins.world import (
    FakeEngine,
    FakeRegistry,
    FakeRevision,
    World,
    image,
    plan_from,
    step,
)
from tfimages_action.core import names
from tfimages_action.core.catalog import Image
from tfimages_action.core.events import (
    Event,
    ImageEnded,
    LogLine,
    Notice,
    Retrying,
    StageEnded,
    StageStarted,
)
from tfimages_action.core.names import BranchPush, Release
from tfimages_action.core.plan import Action, Plan, ReasonKind, Step
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run import Outcome, RunReport, Stage
from tfimages_action.core.tags import require_version_tag
from tfimages_action.core.work import BuildRequest, Built, CheckResult, Log, Published
from tfimages_action.errors import (
    EngineError,
    ExitCode,
    HubError,
    RegistryError,
    StageError,
    TfImagesError,
)
from tfimages_action.pipeline.backoff import RetryPolicy
from tfimages_action.pipeline.options import Assignment, Options
from tfimages_action.pipeline.run import PipelineRun

OPTIONS = Options(retry=RetryPolicy(tries=3, first_s=0.001, longest_s=0.001))


def release(tag: str = "v2") -> Release:
    return Release(version=require_version_tag(tag))


def pipeline(
    world: World,
    *steps: Step,
    occasion: names.Occasion | None = None,
    options: Options = OPTIONS,
    listener: Callable[[Event], None] = lambda _event: None,
    **services: object,
) -> PipelineRun:
    occasion = occasion or release()
    assignment = Assignment(
        plan=Plan(current="v2", previous=None, steps=steps),
        revision=FakeRevision(),
        occasion=occasion,
    )
    return PipelineRun(assignment, world.services(**services), options, listener=listener)


def outcomes(report: RunReport) -> dict[str, str]:
    return {run.step.image.name: run.outcome.value for run in report.images}


def failing(effect: str, error: Exception, *, times: int = 1000) -> Callable[[str], None]:
    left = [times]

    def hook(now: str) -> None:
        if now.startswith(effect) and left[0] > 0:
            left[0] -= 1
            raise error

    return hook


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


# -- what is published -----------------------------------------------------------------------------


def test_a_build_becomes_three_names_of_one_digest_and_three_of_one_flist(world: World) -> None:
    report = pipeline(world, step(image("hero"))).run()
    assert report.exit_code is ExitCode.DONE
    (run,) = report.images
    assert run.outcome is Outcome.PUBLISHED
    assert run.digest
    short = names.short(run.digest)
    fp = names.short(run.step.image.fingerprint)
    assert world.tags() == dict.fromkeys(
        [f"r.example/o/hero:{tag}" for tag in sorted([short, f"fp-{fp}", "latest", "v2"])],
        run.digest,
    )
    content = f"r.example-o-hero-{short}.flist"
    assert world.flists() == {content: run.digest}
    assert world.links() == {
        "r.example-o-hero-v2.flist": content,
        "r.example-o-hero-latest.flist": content,
    }
    assert run.flist is not None
    assert run.flist.verified
    assert [stage.stage for stage in run.stages] == list(Stage)


def test_the_effects_come_in_the_order_of_their_promises(world: World) -> None:
    report = pipeline(world, step(image("hero"))).run()
    short = names.short(report.images[0].digest or "")
    fp = names.short(report.images[0].step.image.fingerprint)
    assert world.effects() == [
        "build hero",
        "check hero",
        f"push o/hero:fp-{fp}",
        f"name o/hero:{short}",
        "name o/hero:v2",
        f"half-convert r.example-o-hero-{short}.flist",
        f"convert r.example-o-hero-{short}.flist",
        f"verify r.example-o-hero-{short}.flist",
        "link r.example-o-hero-v2.flist",
        "link r.example-o-hero-latest.flist",
        "name o/hero:latest",
    ]


def test_a_second_run_does_nothing_and_a_new_release_names_what_it_skips(world: World) -> None:
    hero = image("hero")
    pipeline(world, step(hero)).run()
    before = world.tags()
    again = plan_from(world, [hero], "v2")
    assert outcomes(pipeline(world, *again.steps).run()) == {"hero": "skipped"}
    assert world.tags() == before
    pipeline(world, *again.steps, occasion=release("v3")).run()
    assert world.tags() == {**before, "r.example/o/hero:v3": before["r.example/o/hero:latest"]}


def test_what_was_only_left_out_gets_no_releases_name(world: World) -> None:
    pipeline(world, step(image("hero"))).run()
    record = world.record(image("hero").reference)
    left_out = step(
        image("hero", fingerprint="2"),
        Action.SKIP,
        kind=ReasonKind.NOT_SELECTED,
        record=record,
    )
    pipeline(world, left_out, occasion=release("v3")).run()
    assert "r.example/o/hero:v3" not in world.tags()


def test_a_promotion_builds_nothing_and_ships_the_same_digest(world: World) -> None:
    hero = image("hero")
    main = BranchPush(branch="main", commit="f" * 40, trunk=True)
    pipeline(world, step(hero), occasion=main, options=replace(OPTIONS, convert=False)).run()
    tested = world.tags()[str(names.fingerprint_reference(hero))]
    assert "r.example/o/hero:main-fffffff" in world.tags()
    assert "r.example/o/hero:latest" not in world.tags()

    plan = plan_from(world, [hero], "v2")
    report = pipeline(world, *plan.steps).run()
    assert outcomes(report) == {"hero": "reused"}
    assert world.effects().count("build hero") == 1
    assert world.tags()["r.example/o/hero:latest"] == tested
    assert world.tags()["r.example/o/hero:v2"] == tested


@pytest.mark.parametrize(
    ("tag", "moves"), [("v1.2.5", False), ("v2.1.0-rc.1", False), ("v3", True)]
)
def test_moving_names_only_move_forward_and_say_so(world: World, tag: str, moves: bool) -> None:
    pipeline(world, step(image("hero"))).run()
    served, link = world.tags()["r.example/o/hero:latest"], dict(world.links())
    other = step(image("hero", fingerprint="other"))
    (run,) = pipeline(world, other, occasion=release(tag)).run().images
    assert run.outcome is Outcome.PUBLISHED
    assert world.tags()[f"r.example/o/hero:{tag}"] == run.digest
    assert (world.tags()["r.example/o/hero:latest"] == run.digest) is moves
    stable = "r.example-o-hero-latest.flist"
    assert (world.links()[stable] != link[stable]) is moves
    assert any("latest stays" in note for note in run.warnings) is not moves
    assert moves or world.tags()["r.example/o/hero:latest"] == served


def test_a_release_that_skipped_an_image_still_counts_as_published(world: World) -> None:
    """`latest` bears v9's name although its label says v2: an old v5 must not move it."""
    hero = image("hero")
    pipeline(world, step(hero)).run()
    skip = plan_from(world, [hero], "v9")
    pipeline(world, *skip.steps, occasion=release("v9")).run()
    served = world.tags()["r.example/o/hero:latest"]
    old = step(image("hero", fingerprint="0"))
    pipeline(world, old, occasion=release("v5")).run()
    assert world.tags()["r.example/o/hero:latest"] == served


def test_push_off_builds_and_checks_only(world: World) -> None:
    options = replace(OPTIONS, push=False, convert=False)
    report = pipeline(world, step(image("hero")), options=options).run()
    assert outcomes(report) == {"hero": "built"}
    assert world.effects() == ["build hero", "check hero"]
    assert world.tags() == {}


def test_a_vm_goes_by_upload_alone(world: World) -> None:
    report = pipeline(world, step(image("noble", vm=True))).run()
    (run,) = report.images
    content = f"noble-{names.short(run.digest or '')}.flist"
    assert run.outcome is Outcome.PUBLISHED
    assert world.tags() == {}
    assert world.flists() == {content: run.digest}
    assert world.links() == {"noble-v2.flist": content, "noble.flist": content}


# -- order and parents -----------------------------------------------------------------------------


def test_a_child_is_built_on_the_parent_of_this_run(world: World) -> None:
    engine = FakeEngine(world)
    report = pipeline(world, step(image("a")), step(image("b", "a")), builder=engine).run()
    parent = report.images[0].digest or ""
    (pin,) = engine.requests["b"].parents
    assert pin.written == "r.example/o/a"
    assert pin.source == f"docker-image://run/{parent[7:]}"


def test_a_child_of_what_is_not_built_is_pinned_to_its_record(world: World) -> None:
    a = image("a")
    pipeline(world, step(a)).run()
    record = world.record(a.reference)
    assert record is not None
    engine = FakeEngine(world)
    skip = step(a, Action.SKIP, kind=ReasonKind.UP_TO_DATE, record=record)
    pipeline(world, skip, step(image("b", "a")), builder=engine).run()
    (pin,) = engine.requests["b"].parents
    assert pin.source == f"docker-image://r.example/o/a:latest@{record.digest}"


def test_a_childs_build_does_not_wait_for_its_parents_conversion(world: World) -> None:
    built = threading.Event()

    def hook(effect: str) -> None:
        if effect == "after build b":
            built.set()
        if effect.startswith("before half-convert r.example-o-a"):
            assert built.wait(20)

    world.hook = hook
    report = pipeline(world, step(image("a")), step(image("b", "a"))).run()
    assert report.exit_code is ExitCode.DONE


def test_a_family_is_pushed_and_switched_parents_first(world: World) -> None:
    pipeline(world, step(image("a")), step(image("b", "a")), step(image("c", "b"))).run()
    order = [effect.split(":")[0] for effect in world.effects() if effect.startswith("push")]
    assert order == ["push o/a", "push o/b", "push o/c"]
    moved = [effect for effect in world.effects() if effect.endswith(":latest")]
    assert moved == [f"name o/{name}:latest" for name in "abc"]


# -- failure ---------------------------------------------------------------------------------------

FAMILY = (image("a"), image("b", "a"), image("c", "b"), image("x"), image("y", "x"))


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


# -- retries ---------------------------------------------------------------------------------------


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


# -- services that are lost ------------------------------------------------------------------------


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


def test_a_lost_hub_costs_the_conversions_only(world: World) -> None:
    world.hook = failing("before half-convert", HubError("the Hub went away"))
    options = replace(OPTIONS, max_conversions=1)
    report = pipeline(world, *map(step, FAMILY), options=options).run()
    assert report.exit_code is ExitCode.HUB_LOST
    assert set(outcomes(report).values()) <= {"failed", "blocked"}
    for name in "abcxy":
        assert f"r.example/o/{name}:v2" in world.tags()
        assert f"r.example/o/{name}:latest" not in world.tags()


# -- time limits and stops -------------------------------------------------------------------------


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
    assert report.images[0].failure is not None
    assert report.images[0].failure.stage is Stage.PUSH


def test_a_stop_before_the_start_starts_nothing(world: World) -> None:
    run = pipeline(world, *map(step, FAMILY))
    run.stop(ExitCode.TERMINATED)
    report = run.run()
    assert report.exit_code is ExitCode.TERMINATED
    assert set(outcomes(report).values()) == {"blocked"}
    assert world.effects() == []


# -- events, disk ----------------------------------------------------------------------------------


def test_the_listener_hears_it_all_in_order(world: World) -> None:
    events: list[Event] = []
    pipeline(world, step(image("a")), listener=events.append).run()
    kinds = [type(event) for event in events if not isinstance(event, LogLine)]
    assert kinds == [StageStarted, StageEnded] * 6 + [ImageEnded]
    lines = [event.text for event in events if isinstance(event, LogLine)]
    assert lines[0] == "building a"


def test_what_is_blocked_is_told_when_it_is_known_not_at_the_end(world: World) -> None:
    told, seen = threading.Event(), [False]

    def listen(event: Event) -> None:
        if isinstance(event, ImageEnded) and event.run.step.image.name == "c":
            told.set()

    def hook(effect: str) -> None:
        if effect == "before build b":
            raise StageError("no")
        if effect == "before build y":
            seen[0] = told.wait(20)

    world.hook = hook
    pipeline(world, *map(step, FAMILY), listener=listen).run()
    assert seen == [True]


class Keeper:
    def __init__(self, free: int | None) -> None:
        self.free = free
        self.dropped: list[str] = []

    def free_bytes(self) -> int | None:
        return self.free

    def drop(self, built: Built) -> None:
        self.dropped.append(built.image.name)


@pytest.mark.parametrize(("free", "warned"), [(10, True), (None, False), (10**13, False)])
def test_little_disk_is_said_before_anything_is_built(
    world: World, free: int | None, warned: bool
) -> None:
    report = pipeline(world, step(image("a")), housekeeper=Keeper(free)).run()
    assert bool(report.problems) is warned


def test_prune_drops_what_nothing_needs_any_more(world: World) -> None:
    keeper = Keeper(None)
    seen: list[tuple[str, ...]] = []
    world.hook = lambda effect: seen.append((effect, *keeper.dropped))
    pipeline(
        world,
        *map(step, FAMILY[:3]),
        options=replace(OPTIONS, prune=True),
        housekeeper=keeper,
    ).run()
    assert sorted(keeper.dropped) == ["a", "b", "c"]
    assert all("b" not in dropped for effect, *dropped in seen if effect.endswith("build c"))


def test_without_prune_nothing_is_dropped(world: World) -> None:
    keeper = Keeper(None)
    pipeline(world, step(image("a")), housekeeper=keeper).run()
    assert keeper.dropped == []


def test_images_of_every_kind_stand_in_the_report_in_the_plans_order(world: World) -> None:
    images: list[Image] = [image("z"), image("a", "z"), image("m")]
    report = pipeline(world, *map(step, images)).run()
    assert [run.step.image.name for run in report.images] == ["z", "a", "m"]
