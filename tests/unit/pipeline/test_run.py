"""A whole run over a world of files: effects, outcomes, the order of both."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.standins.plans import image, plan_from, step
from tests.standins.virtual import VirtualWorkers
from tests.standins.world import FakeEngine, FakeHub, World
from tests.unit.pipeline.runs import OPTIONS, outcomes, pipeline, release
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.plan.model import Action, ReasonKind
from tfimages_action.core.published import names
from tfimages_action.core.published.names import BranchPush
from tfimages_action.core.run.report import Flist, Outcome, Stage
from tfimages_action.core.run.work import FlistSource, Log
from tfimages_action.errors import ExitCode
from tfimages_action.pipeline.graph import Job


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


def test_a_hub_that_grows_slow_is_asked_for_less_at_once(world: World) -> None:
    workers = VirtualWorkers[Job](lambda job: 10.0 if job.stage is Stage.CONVERT else 0.0)

    class Slowing(FakeHub):
        def convert(
            self, image: Image, source: FlistSource, *, log: Log, stop: threading.Event
        ) -> Flist:
            workers.spend(1.0 if image.name == "a" else 100.0)
            return super().convert(image, source, log=log, stop=stop)

    workers.spend(1e6)  # a clock that never goes back begins anywhere
    steps = [step(image(name)) for name in "abcd"]
    report = pipeline(world, *steps, workers=workers, converter=Slowing(world)).run()
    took = sorted(
        (stage.started_s, stage.ended_s)
        for run in report.images
        for stage in run.stages
        if stage.stage is Stage.CONVERT
    )
    overlaps = [second[0] < first[1] for first, second in pairwise(took)]
    assert overlaps == [True, False, False]


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
    hero = step(image("hero"))
    report = pipeline(world, hero, options=options, publisher=None, converter=None).run()
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


def test_a_parent_that_nobody_told_of_is_looked_at_before_a_child_stands_on_it(
    world: World,
) -> None:
    """The registry said nothing when the run was planned, and the tags showed no difference."""
    a, b = image("a"), image("b", "a")
    untold = step(a, Action.SKIP, kind=ReasonKind.UP_TO_DATE)
    pipeline(world, step(a)).run()
    record = world.record(a.reference)
    assert record is not None
    engine = FakeEngine(world)
    assert pipeline(world, untold, step(b), builder=engine).run().exit_code is ExitCode.DONE
    (pin,) = engine.requests["b"].parents
    assert pin.source == f"docker-image://r.example/o/a:latest@{record.digest}"


@pytest.mark.parametrize("published", ["an older one", "nothing"])
def test_a_child_stands_on_no_other_parent_than_it_says(world: World, published: str) -> None:
    a, b = image("a"), image("b", "a")
    if published != "nothing":
        pipeline(world, step(image("a", fingerprint="old"))).run()
    untold = step(a, Action.SKIP, kind=ReasonKind.UP_TO_DATE)
    report = pipeline(world, untold, step(b), step(image("c"))).run()
    assert outcomes(report) == {"a": "skipped", "b": "failed", "c": "published"}
    failure = report.images[1].failure
    assert failure is not None
    assert "r.example/o/a:latest is not what a should be" in failure.message
    assert world.record(b.reference) is None


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


def test_images_of_every_kind_stand_in_the_report_in_the_plans_order(world: World) -> None:
    images: list[Image] = [image("z"), image("a", "z"), image("m")]
    report = pipeline(world, *map(step, images)).run()
    assert [run.step.image.name for run in report.images] == ["z", "a", "m"]
