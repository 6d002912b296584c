"""What was rolled back on purpose stays there: against repairs, refreshes and forced runs."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bed.releases import DEBIAN, REGISTRY, RELEASE, SCHEDULE, Bed, idle, outcomes
from tests.standins.world import FakeHub, FakeRegistry
from tfimages_action.core.plan.model import Action, ReasonKind
from tfimages_action.core.run.report import Outcome
from tfimages_action.core.tags import require_version_tag
from tfimages_action.doors.inputs.event import Event
from tfimages_action.pipeline.moving import rollback

STABLE = "r.example-o-base-latest.flist"
V2 = replace(RELEASE, ref="refs/tags/v2", ref_name="v2")
V3 = replace(RELEASE, ref="refs/tags/v3", ref_name="v3")


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    """v1 and v2 are published, and `base` was taken back to v1."""
    bed = Bed(tmp_path)
    bed.run(RELEASE)
    bed.history.commit({"images/base/motd": "two\n"}, on=bed.history.names["v1"], tag="v2")
    outcomes(bed.run(V2))
    back(bed, "v1")
    bed.effects()
    return bed


def back(bed: Bed, version: str) -> None:
    rollback(
        bed.plan(V2).catalog,
        "base",
        require_version_tag(version),
        known=map(require_version_tag, bed.history.tags()),
        publisher=FakeRegistry(bed.world),
        converter=FakeHub(bed.world),
        log=lambda _line: None,
        stop=threading.Event(),
    )


@pytest.mark.parametrize("event", [V2, SCHEDULE], ids=["the same tag", "a refresh"])
def test_it_holds_where_nothing_else_is_to_do(bed: Bed, event: Event) -> None:
    step = next(step for step in bed.plan(event).plan.steps if step.image.name == "base")
    assert (step.action, step.reason.kind) == (Action.SKIP, ReasonKind.UP_TO_DATE)
    assert step.reason.detail.endswith(
        "; its moving names were rolled back from v2 to v1 and stay there"
    )
    assert idle(bed.run(event))
    assert bed.effects() == []
    tags = bed.tags("base")
    assert tags["latest"] == tags["v1"] != tags["v2"]


def test_a_branch_is_no_release_that_could_end_it(bed: Bed) -> None:
    branch = replace(
        RELEASE,
        ref="refs/heads/main",
        ref_name="main",
        ref_type="branch",
        sha=bed.history.names["v2"],
    )
    step = next(step for step in bed.plan(branch).plan.steps if step.image.name == "base")
    assert (step.action, step.rolled_back) == (Action.SKIP, "v2")
    assert idle(bed.run(branch))


def test_a_refresh_works_on_and_leaves_the_names(bed: Bed) -> None:
    link = bed.world.links()[STABLE]
    bed.world.moves[str(DEBIAN)] = 1
    bed.world.files = {"base": "mended", "child": "on the mended one"}
    found = outcomes(bed.run(refresh_switch=True))
    assert found["base"] is found["child"] is Outcome.PUBLISHED
    base, child = bed.tags("base"), bed.tags("child")
    assert base["latest"] == base["v1"] != base["refresh"]
    assert bed.world.links()[STABLE] == link
    assert child["latest"] == child["refresh"]
    assert idle(bed.run(refresh_switch=True))


def test_a_forced_run_of_the_same_release_leaves_the_names(bed: Bed) -> None:
    outcomes(bed.run(V2, force_all=True))
    tags = bed.tags("base")
    assert tags["latest"] == tags["v1"] != tags["v2"]


def test_a_lost_result_is_built_again_and_leaves_the_names(bed: Bed) -> None:
    lost = bed.tags("base")["v2"]
    for tag in (bed.world.folder / "tags").iterdir():
        if tag.read_text() == lost:
            tag.unlink()
    assert outcomes(bed.run(V2))["base"] is Outcome.PUBLISHED
    tags = bed.tags("base")
    assert tags["latest"] == tags["v1"] != tags["v2"]
    assert idle(bed.run(V2))


def test_a_release_needs_no_fingerprint_s_name_to_be_found(bed: Bed) -> None:
    for tag in (bed.world.folder / "tags").iterdir():
        if "fp-" in tag.name:
            tag.unlink()
    assert idle(bed.run(V2))
    assert bed.effects() == []


def test_a_greater_release_moves_it_on_and_says_so(bed: Bed) -> None:
    bed.history.commit({"images/alone/motd": "three\n"}, on=bed.history.names["v2"], tag="v3")
    step = next(step for step in bed.plan(V3).plan.steps if step.image.name == "base")
    assert step.reason.kind is ReasonKind.PROMOTED
    assert step.reason.detail.endswith("and this release moves them on")
    assert outcomes(bed.run(V3))["base"] is Outcome.REUSED
    tags = bed.tags("base")
    assert tags["latest"] == tags["v3"] == tags["v2"]
    assert idle(bed.run(V3))


def test_names_that_a_person_moved_since_are_not_held(bed: Bed) -> None:
    other = bed.tags("child")["v1"]
    bed.world.put("tags", f"{REGISTRY}/base:latest", other, "by hand")
    assert outcomes(bed.run(V2))["base"] is Outcome.REUSED
    tags = bed.tags("base")
    assert tags["latest"] == tags["v2"] != other


def test_back_to_the_newest_ends_it(bed: Bed) -> None:
    back(bed, "v2")
    tags = bed.tags("base")
    assert tags["latest"] == tags["v2"]
    outcomes(bed.run(V2, force_all=True))
    tags = bed.tags("base")
    assert tags["latest"] == tags["v2"]
