"""What a run publishes for, by its event: a release, a branch, the default branch."""

from typing import Any

import pytest

from tests.bed.history import History
from tfimages_action.core.plan.model import ReasonKind
from tfimages_action.core.published.names import BranchPush, Occasion, Release, pushed_as
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.planner import Planned, make_plan
from tfimages_action.doors.publishing.occasions import occasion_of

REGISTRY = "ghcr.io/owner"


@pytest.fixture
def history() -> History:
    history = History()
    history.commit(
        {
            "images/base/Dockerfile": "FROM debian:12\n",
            "images/a/Dockerfile": f"FROM {REGISTRY}/base\n",
            "images/alone/Dockerfile": "FROM debian:12\n",
        },
        tag="v1",
    )
    history.commit({"images/base/motd": "new\n"}, on=history.names["v1"], tag="v2")
    return history


def pushed(history: History, branch: str, files: dict[str, str]) -> Event:
    before = history.names["v2"]
    return Event(
        on_github=True,
        name="push",
        ref=f"refs/heads/{branch}",
        ref_name=branch,
        ref_type="branch",
        sha=history.commit(files, on=before),
        repository="owner/images",
        payload={"before": before, "repository": {"default_branch": "main"}},
    )


def planned(history: History, event: Event, **settings: Any) -> tuple[Planned, Occasion]:
    plan = make_plan(Settings(**settings), event, history.sources, registry=REGISTRY)
    return plan, occasion_of(plan.comparison, event)


def test_the_default_branch_prepares_the_promotion(history: History) -> None:
    event = pushed(history, "main", {"images/alone/motd": "hello\n"})
    plan, occasion = planned(history, event)
    assert [step.image.name for step in plan.plan.builds] == ["alone"]
    assert isinstance(occasion, BranchPush)
    assert occasion.trunk
    assert str(pushed_as(plan.plan.builds[0].image, occasion).tag).startswith("fp-")


def test_another_branch_has_names_of_its_own(history: History) -> None:
    event = pushed(history, "new-base", {"images/alone/motd": "hello\n"})
    plan, occasion = planned(history, event)
    assert isinstance(occasion, BranchPush)
    assert not occasion.trunk
    name = pushed_as(plan.plan.builds[0].image, occasion)
    assert name.tag == f"new-base-{event.sha[:7]}"


def test_a_branch_may_be_compared_with_the_last_release(history: History) -> None:
    event = pushed(history, "main", {})
    assert planned(history, event)[0].plan.builds == ()
    history.names.pop("v2")
    found = planned(history, event, compare="tags")[0]
    assert [step.image.name for step in found.plan.builds] == ["base", "a"]


def dispatched(history: History) -> Event:
    return Event(
        on_github=True,
        name="workflow_dispatch",
        ref="refs/heads/main",
        ref_name="main",
        ref_type="branch",
        sha=history.names["v2"],
        run_id="77",
        repository="owner/images",
        payload={"inputs": {}, "repository": {"default_branch": "main"}},
    )


def test_by_hand_a_release_may_be_published_again(history: History) -> None:
    plan, occasion = planned(history, dispatched(history), current="v2", previous="v1")
    assert isinstance(occasion, Release)
    assert occasion.version.text == "v2"
    assert [step.image.name for step in plan.plan.builds] == ["base", "a"]


def test_by_hand_everything_or_one_image_may_be_built(history: History) -> None:
    event = dispatched(history)
    plan, occasion = planned(history, event, force_all=True, only=("base",), with_descendants=False)
    assert [(s.image.name, s.reason.kind) for s in plan.plan.builds] == [
        ("base", ReasonKind.FORCED)
    ]
    assert plan.plan.force == "77"
    assert isinstance(occasion, BranchPush)
    every, _ = planned(history, event, force_all=True, only=("base",))
    assert [step.image.name for step in every.plan.builds] == ["base", "a"]
