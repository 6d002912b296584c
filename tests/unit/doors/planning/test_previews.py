"""A pull request's preview: what it touches, what the next release would build, no login."""

from typing import Any

import pytest

from tests.bed.history import History
from tfimages_action.core.plan.model import Action, ReasonKind
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.planner import Planned, make_plan
from tfimages_action.doors.publishing.fitting import settings_for
from tfimages_action.doors.wiring.logins import credentials_for
from tfimages_action.errors import SettingsError

REGISTRY = "ghcr.io/owner"


def dockerfile(parent: str) -> str:
    return f"FROM {parent}\nCOPY . /srv\n"


@pytest.fixture
def history() -> History:
    """v1: base <- a <- b, and `alone`; after it the base changed on main."""
    history = History()
    first = history.commit(
        {
            "images/base/Dockerfile": dockerfile("debian:12"),
            "images/a/Dockerfile": dockerfile(f"{REGISTRY}/base"),
            "images/b/Dockerfile": dockerfile(f"{REGISTRY}/a"),
            "images/alone/Dockerfile": dockerfile("debian:12"),
        },
        tag="v1",
    )
    history.names["main"] = history.commit({"images/base/motd": "new\n"}, on=first)
    return history


def pull_request(base: str, head: str) -> dict[str, Any]:
    """The part of GitHub's payload that matters, of a fork's pull request."""
    return {
        "action": "synchronize",
        "number": 7,
        "pull_request": {
            "number": 7,
            "base": {"sha": base, "ref": "main", "repo": {"full_name": "owner/images"}},
            "head": {"sha": head, "ref": "mine", "repo": {"full_name": "stranger/images"}},
        },
        "repository": {"full_name": "owner/images", "default_branch": "main"},
    }


def previewed(history: History, files: dict[str, str]) -> Planned:
    main = history.names.pop("main")
    head = history.commit(files, on=main)
    history.bases[main, head] = main
    event = Event(
        on_github=True,
        name="pull_request",
        sha="a-merge-commit-that-nobody-wrote",
        ref="refs/pull/7/merge",
        repository="owner/images",
        payload=pull_request(main, head),
    )
    settings = settings_for(Settings(), event)
    return make_plan(settings, event, history.sources, registry=REGISTRY)


def builds(planned: Planned) -> list[str]:
    return [step.image.name for step in planned.plan.builds]


def test_both_counts(history: History) -> None:
    planned = previewed(history, {"images/alone/motd": "hello\n"})
    assert builds(planned) == ["alone"]
    outlook = planned.outlook
    assert outlook is not None
    assert outlook.changed == ("alone",)
    assert sorted(outlook.next_builds) == ["a", "alone", "b", "base"]
    assert outlook.causes == (("base", 2),)
    assert outlook.since == "v1"


def test_a_child_is_checked_on_parents_that_no_release_holds_yet(history: History) -> None:
    planned = previewed(history, {"images/b/motd": "hello\n"})
    assert planned.outlook is not None
    assert planned.outlook.changed == ("b",)
    assert builds(planned) == ["base", "a", "b"]
    assert planned.plan.waves == (("base",), ("a",), ("b",))
    steps = {step.image.name: step for step in planned.plan.steps}
    assert steps["base"].reason.kind is ReasonKind.FILES
    assert steps["alone"].action is Action.SKIP


def test_a_change_outside_of_all_images_builds_nothing(history: History) -> None:
    planned = previewed(history, {"README.md": "# Images\n"})
    assert builds(planned) == []
    assert planned.outlook is not None
    assert planned.outlook.changed == ()
    assert len(planned.outlook.next_builds) == 3


def test_a_repository_without_a_release(history: History) -> None:
    del history.names["v1"]
    planned = previewed(history, {"images/alone/motd": "hello\n"})
    assert planned.outlook is not None
    assert planned.outlook.since is None
    assert len(planned.outlook.next_builds) == 4


def test_a_preview_has_no_login_whatever_it_was_given() -> None:
    event = Event(on_github=True, name="pull_request", repository="owner/images")
    given = Settings(
        hub_token="token",
        registry_username="me",
        registry_password="word",
        cache="registry",
    )
    settings = settings_for(given, event)
    assert settings.mode == "preview"
    assert not settings.push
    assert not settings.convert
    assert settings.cache == "none"
    assert "word" not in settings.secrets
    assert "token" not in settings.secrets
    assert credentials_for(settings, event, REGISTRY) == ()


def test_pull_request_target_is_refused() -> None:
    event = Event(on_github=True, name="pull_request_target", repository="owner/images")
    with pytest.raises(SettingsError, match="pull_request_target"):
        settings_for(Settings(), event)


def test_a_pull_request_right_on_a_release_names_the_release(history: History) -> None:
    history.names["main"] = history.names["v1"]
    planned = previewed(history, {"images/alone/motd": "hello\n"})
    assert planned.outlook is not None
    assert planned.outlook.since == "v1"
    assert planned.outlook.next_builds == ("alone",)
