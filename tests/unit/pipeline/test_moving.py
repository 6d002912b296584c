"""Where moving names stand, and the way back."""

from __future__ import annotations

import threading

import pytest

from tests.standins.plans import image, step
from tests.standins.world import FakeHub, FakeRegistry, FakeRevision, World
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.plan.model import Plan
from tfimages_action.core.published import names
from tfimages_action.core.published.names import BranchPush, Release
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.tags import require_version_tag
from tfimages_action.errors import RefusedError
from tfimages_action.pipeline.moving import RolledBack, Standing, moving_tags, rollback, standing
from tfimages_action.pipeline.options import Assignment, Options
from tfimages_action.pipeline.run import PipelineRun


def release(tag: str) -> Release:
    return Release(version=require_version_tag(tag))


def publish(world: World, tag: str, *, vm: bool = False) -> str:
    one = image("hero", fingerprint=tag, vm=vm)
    assignment = Assignment(
        plan=Plan(current=tag, previous=None, steps=(step(one),)),
        revision=FakeRevision(),
        occasion=release(tag),
    )
    (run,) = PipelineRun(assignment, world.services(), Options()).run().images
    assert run.digest
    return run.digest


def go_back(world: World, version: str, *, vm: bool = False, name: str = "hero") -> RolledBack:
    return rollback(
        Catalog(revision="v3", images=(image("hero", fingerprint="v3", vm=vm),)),
        name,
        require_version_tag(version),
        known=[require_version_tag(tag) for tag in ("v1", "v2", "v3")],
        publisher=FakeRegistry(world),
        converter=FakeHub(world),
        log=lambda _line: None,
        stop=threading.Event(),
    )


def test_a_rollback_moves_flist_and_tag_back_and_a_release_forward_again(world: World) -> None:
    old, new = publish(world, "v2"), publish(world, "v3")
    assert world.tags()["r.example/o/hero:latest"] == new
    done = go_back(world, "v2")
    assert done.digest == old
    assert world.tags()["r.example/o/hero:latest"] == old
    content = names.content_flist(image("hero"), old)
    assert world.links()["r.example-o-hero-latest.flist"] == content
    assert world.effects()[-3] == "link r.example-o-hero-latest.flist"
    assert world.effects()[-2:] == [
        "name o/hero:rolled-back-from-v3",
        "name o/hero:latest",
    ]
    newest = publish(world, "v4")
    assert world.tags()["r.example/o/hero:latest"] == newest


def test_a_rollback_finds_a_release_under_another_spelling(world: World) -> None:
    old = publish(world, "v2")
    publish(world, "v3")
    assert go_back(world, "2.0").digest == old


def test_what_is_not_there_is_refused_with_what_is(world: World) -> None:
    publish(world, "v2")
    with pytest.raises(RefusedError, match=r"no release v9") as refused:
        go_back(world, "v9")
    assert "v2" in refused.value.hint
    with pytest.raises(RefusedError, match="no image 'her'") as refused:
        go_back(world, "v2", name="her")
    assert "hero" in refused.value.hint


def test_a_vm_goes_back_by_its_flist_alone(world: World) -> None:
    publish(world, "v2", vm=True)
    publish(world, "v3", vm=True)
    world.put("flists", "hero-v2.flist", world.flists()[world.links()["hero-v2.flist"]], "seen")
    done = go_back(world, "v2", vm=True)
    assert done.digest is None
    assert world.links()["hero.flist"] == "hero-v2.flist"
    assert world.effects()[-2:] == ["link hero-rolled-back-from-v3.flist", "link hero.flist"]


def test_only_greater_releases_are_asked_for(world: World) -> None:
    for tag in ("v1", "v2", "v3"):
        publish(world, tag)

    class Counting(FakeRegistry):
        asked = 0

        def digest(self, reference: ImageReference) -> str | None:
            Counting.asked += 1
            return super().digest(reference)

    registry, one = Counting(world), image("hero")
    moving = moving_tags([one])[one.reference.name]
    assert standing(registry, one, release("v4"), moving) == Standing()
    assert Counting.asked == 0
    found = standing(registry, one, release("v1"), moving)
    assert found == Standing(published=require_version_tag("v3"))
    branch = BranchPush(branch="main", commit="c" * 40)
    assert standing(registry, one, branch, moving) == Standing()
    go_back(world, "v2")
    Counting.asked = 0
    assert standing(registry, one, release("v4"), moving) == Standing()
    assert Counting.asked == 0


def test_a_rollback_holds_against_the_same_release_built_again(world: World) -> None:
    old = publish(world, "v2")
    publish(world, "v3")
    done = go_back(world, "v2")
    assert done.until_above == require_version_tag("v3")
    links = world.links()["r.example-o-hero-latest.flist"]
    again = publish(world, "v3")
    tags = world.tags()
    assert tags["r.example/o/hero:v3"] == again
    assert tags["r.example/o/hero:latest"] == old
    assert world.links()["r.example-o-hero-latest.flist"] == links
    assert world.links()["r.example-o-hero-v3.flist"] != links
    publish(world, "v2")
    assert world.tags()["r.example/o/hero:latest"] == old


def test_a_rollback_ends_where_the_names_were_moved_by_hand(world: World) -> None:
    publish(world, "v2")
    new = publish(world, "v3")
    go_back(world, "v2")
    assert go_back(world, "v3").until_above is None
    assert world.tags()["r.example/o/hero:latest"] == new
    newer = publish(world, "v3")
    assert world.tags()["r.example/o/hero:latest"] == newer


def test_going_further_back_keeps_the_first_mark_s_release(world: World) -> None:
    oldest = publish(world, "v1")
    publish(world, "v2")
    publish(world, "v3")
    go_back(world, "v2")
    assert go_back(world, "v1").until_above == require_version_tag("v3")
    publish(world, "v3")
    publish(world, "v2")
    assert world.tags()["r.example/o/hero:latest"] == oldest


def test_the_mark_is_there_before_the_name_moves(world: World) -> None:
    publish(world, "v2")
    publish(world, "v3")
    go_back(world, "v2")
    assert world.effects()[-2:] == ["name o/hero:rolled-back-from-v3", "name o/hero:latest"]
