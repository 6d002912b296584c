"""Refreshes of a release, planned and run over a world of files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.bed.releases import DEBIAN, REGISTRY, RELEASE, SCHEDULE, Bed, idle, outcomes
from tfimages_action.core.plan.model import Action, ReasonKind
from tfimages_action.core.published import names
from tfimages_action.core.run.report import Outcome
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.planner import make_plan
from tfimages_action.errors import ExitCode, RevisionError, SettingsError, StageError

_KILLED = StageError("killed")


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    """v1 is published."""
    bed = Bed(tmp_path)
    assert bed.run(RELEASE).exit_code is ExitCode.DONE
    bed.effects()
    return bed


def test_nothing_moved_nothing_to_do_twice(bed: Bed) -> None:
    assert idle(bed.run())
    assert idle(bed.run())
    assert bed.effects() == []


def test_a_moved_base_is_built_with_what_stands_on_it_and_nothing_else(bed: Bed) -> None:
    bed.world.moves[str(DEBIAN)] = 1
    steps = {step.image.name: step for step in bed.plan().plan.steps}
    assert steps["base"].reason.kind is ReasonKind.BASE_MOVED
    assert "docker.io/library/debian:12 moved from" in steps["base"].reason.detail
    assert steps["child"].reason.kind is ReasonKind.BASE_MOVED
    assert steps["alone"].action is Action.SKIP


def test_an_unchanged_result_is_confirmed_not_published(bed: Bed) -> None:
    before = {name: bed.tags(name) for name in ("base", "child")}
    links = bed.world.links()
    bed.world.moves[str(DEBIAN)] = 1
    report = bed.run()
    found = outcomes(report)
    assert found["base"] is found["child"] is Outcome.REUSED
    told = {run.step.image.name: run.digest for run in report.images}
    assert told["base"] == before["base"]["latest"]
    base = f"base-{names.short(bed.world.base(DEBIAN))}"
    for name, tags in before.items():
        assert bed.tags(name) == {**tags, base: tags["latest"]}
    assert bed.world.links() == links
    bed.effects()
    assert idle(bed.run())
    assert bed.effects() == []


def test_a_changed_result_has_names_of_its_own(bed: Bed) -> None:
    before, links = bed.tags("base"), bed.world.links()
    bed.world.moves[str(DEBIAN)] = 1
    bed.world.files = {"base": "mended", "child": "on the mended one"}
    assert outcomes(bed.run())["base"] is Outcome.PUBLISHED
    now = bed.tags("base")
    assert now["latest"] == before["latest"]
    assert now["v1"] == before["v1"]
    assert now["refresh"] != before["latest"]
    assert now[names.short(now["refresh"])] == now["refresh"]
    stable = "r.example-o-base-latest.flist"
    assert bed.world.links()[stable] == links[stable]
    content = f"r.example-o-base-{names.short(now['refresh'])}.flist"
    assert bed.world.links()["r.example-o-base-refresh.flist"] == content
    bed.effects()
    assert idle(bed.run())
    assert bed.effects() == []


def test_a_second_move_is_compared_with_the_last_refresh(bed: Bed) -> None:
    bed.world.files = {"base": "mended", "child": "on the mended one"}
    bed.world.moves[str(DEBIAN)] = 1
    bed.run()
    refreshed = bed.tags("base")["refresh"]
    bed.world.moves[str(DEBIAN)] = 2
    assert outcomes(bed.run())["base"] is Outcome.REUSED
    tags = bed.tags("base")
    assert tags["refresh"] == refreshed
    assert tags[f"base-{names.short(bed.world.base(DEBIAN))}"] == refreshed
    assert idle(bed.run())


def test_the_moving_names_follow_where_that_is_asked_for(bed: Bed) -> None:
    bed.world.moves[str(DEBIAN)] = 1
    bed.world.files = {"base": "mended", "child": "on the mended one"}
    before = bed.tags("base")["v1"]
    outcomes(bed.run(refresh_switch=True))
    tags = bed.tags("base")
    assert tags["latest"] == tags["refresh"] != before
    assert tags["v1"] == before
    content = f"r.example-o-base-{names.short(tags['refresh'])}.flist"
    assert bed.world.links()["r.example-o-base-latest.flist"] == content
    assert idle(bed.run(refresh_switch=True))


def test_a_lower_release_leaves_the_moving_names_that_a_refresh_took_along(bed: Bed) -> None:
    bed.world.moves[str(DEBIAN)] = 1
    bed.world.files = {"base": "mended", "child": "on the mended one"}
    bed.run(refresh_switch=True)
    before, links = bed.tags("base"), bed.world.links()
    bed.history.commit({"images/base/motd": "mended\n"}, on=bed.history.names["v1"], tag="v0.9")
    lower = replace(RELEASE, ref="refs/tags/v0.9", ref_name="v0.9")
    assert outcomes(bed.run(lower))["base"] is Outcome.PUBLISHED
    now = bed.tags("base")
    assert now["v0.9"] not in before.values()
    assert now["latest"] == now["refresh"] == before["refresh"]
    stable = "r.example-o-base-latest.flist"
    assert bed.world.links()[stable] == links[stable]


def test_an_unchanged_parent_is_what_a_changed_child_stands_on(bed: Bed) -> None:
    bed.world.moves[str(DEBIAN)] = 1
    bed.world.files = {"child": "mended"}
    found = outcomes(bed.run())
    assert found["base"] is Outcome.REUSED
    assert found["child"] is Outcome.PUBLISHED
    assert idle(bed.run())


def test_a_refresh_that_broke_off_goes_on(bed: Bed) -> None:
    bed.world.moves[str(DEBIAN)] = 1
    bed.world.files = {"base": "mended", "child": "on the mended one"}
    broken = StageError("no disk")

    def hook(effect: str) -> None:
        if effect == "before build child":
            raise broken

    bed.world.hook = hook
    assert bed.run().exit_code is ExitCode.FAILED
    bed.world.hook = lambda _effect: None
    found = outcomes(bed.run())
    assert found == {
        "base": Outcome.SKIPPED,
        "child": Outcome.PUBLISHED,
        "alone": Outcome.SKIPPED,
    }
    assert idle(bed.run())


def killed_before_conversion(effect: str) -> None:
    if effect.startswith("before half-convert"):
        raise _KILLED


@pytest.mark.parametrize("switch", [False, True])
def test_a_killed_refresh_takes_what_it_had_pushed(bed: Bed, *, switch: bool) -> None:
    bed.world.moves[str(DEBIAN)] = 1
    bed.world.files = {"base": "mended", "child": "on the mended one"}
    bed.world.hook = killed_before_conversion
    assert bed.run(refresh_switch=switch).exit_code is ExitCode.FAILED
    pushed = {name: bed.tags(name)["refreshing"] for name in ("base", "child")}
    bed.world.hook = lambda _effect: None
    bed.effects()
    found = outcomes(bed.run(refresh_switch=switch))
    assert found["base"] is found["child"] is Outcome.REUSED
    assert not [effect for effect in bed.effects() if effect.startswith("build")]
    for name, digest in pushed.items():
        tags = bed.tags(name)
        assert tags["refresh"] == digest
        assert (tags["latest"] == digest) is switch
        assert tags["v1"] != digest
    assert idle(bed.run(refresh_switch=switch))


def test_what_was_left_behind_on_another_base_is_built_again(bed: Bed) -> None:
    bed.world.files = {"base": "mended", "child": "on the mended one"}
    bed.world.hook = killed_before_conversion
    bed.world.moves[str(DEBIAN)] = 1
    bed.run()
    bed.world.hook = lambda _effect: None
    bed.world.moves[str(DEBIAN)] = 2
    steps = {step.image.name: step for step in bed.plan().plan.steps}
    assert steps["base"].action is steps["child"].action is Action.BUILD


def test_a_child_is_not_taken_without_the_parent_that_it_stands_on(bed: Bed) -> None:
    bed.world.moves[str(DEBIAN)] = 1
    bed.world.files = {"base": "mended", "child": "on the mended one"}
    bed.world.hook = killed_before_conversion
    bed.run()
    bed.world.hook = lambda _effect: None
    (tag,) = [
        tag for tag in (bed.world.folder / "tags").iterdir() if "base%3Arefreshing" in tag.name
    ]
    tag.unlink()
    steps = {step.image.name: step for step in bed.plan().plan.steps}
    assert steps["base"].action is steps["child"].action is Action.BUILD


def test_what_a_release_left_undone_is_repaired_as_the_release_s(bed: Bed) -> None:
    bed.history.commit({"images/alone/motd": "two\n"}, on=bed.history.names["v1"], tag="v2")
    found = outcomes(bed.run())
    assert found["alone"] is Outcome.PUBLISHED
    tags = bed.tags("alone")
    assert tags["v2"] == tags["latest"] != tags["v1"]
    assert "refresh" not in tags
    assert idle(bed.run())


def test_a_missing_flist_is_made_again(bed: Bed) -> None:
    digest = bed.tags("alone")["latest"]
    for flist in (bed.world.folder / "flists").iterdir():
        if "alone" in flist.name:
            flist.unlink()
    before = bed.tags("alone")["v1"]
    assert outcomes(bed.run())["alone"] is Outcome.REUSED
    assert f"r.example-o-alone-{names.short(digest)}.flist" in bed.world.flists()
    assert bed.tags("alone")["v1"] == before
    assert idle(bed.run())


def test_a_release_after_a_refresh_goes_on_from_its_own(bed: Bed) -> None:
    bed.world.moves[str(DEBIAN)] = 1
    bed.world.files = {"base": "mended", "child": "on the mended one"}
    bed.run()
    bed.history.commit({"images/base/motd": "two\n"}, on=bed.history.names["v1"], tag="v2")
    assert outcomes(bed.run())["base"] is Outcome.PUBLISHED
    tags = bed.tags("base")
    assert tags["latest"] == tags["v2"] != tags["refresh"]
    assert idle(bed.run())


def test_a_base_that_nobody_can_ask_for_has_not_moved(bed: Bed) -> None:
    bed.world.moves[str(DEBIAN)] = 1
    bed.hidden.add(DEBIAN)
    planned = bed.plan()
    assert planned.plan.builds == ()
    assert "debian:12 moved: timed out" in planned.plan.problems[0].message


def test_a_repository_without_a_release_has_nothing_to_refresh(bed: Bed) -> None:
    bed.history.names.clear()
    with pytest.raises(RevisionError, match="no release"):
        bed.plan()


def test_a_refresh_needs_a_registry_to_compare_with(bed: Bed) -> None:
    settings = Settings(mode="refresh", push=False, convert=False)
    with pytest.raises(SettingsError, match="push is off"):
        make_plan(settings, SCHEDULE, bed.history.sources, registry=REGISTRY)
