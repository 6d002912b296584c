"""What the inputs and the event make of a run, before anything is opened."""

from dataclasses import replace
from typing import Any

import pytest

from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.publishing.fitting import settings_for
from tfimages_action.errors import SettingsError


def fitted(event: str = "push", **settings: Any) -> Settings:
    given = Settings(**settings)
    return settings_for(given, Event(name=event))


def test_without_a_hub_no_token_is_needed_and_nothing_need_be_pushed() -> None:
    assert fitted(local=True).convert
    assert not fitted(local=True, push=False).push


def test_a_missing_token_is_no_hub_where_that_was_asked_for() -> None:
    assert fitted(without_hub="local").convert


@pytest.mark.parametrize(
    ("settings", "hint"),
    [({}, "local: true"), ({"hub_token": "t", "push": False}, "local: true")],
)
def test_the_cure_names_the_way_without_a_hub(settings: dict[str, Any], hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        fitted(**settings)
    assert hint in caught.value.hint


def test_a_pull_request_publishes_nothing_and_holds_no_token() -> None:
    settings = fitted("pull_request", hub_token="t")
    assert (settings.push, settings.convert, settings.hub_token) == (False, False, "")


def test_a_pull_request_beside_secrets_is_refused() -> None:
    with pytest.raises(SettingsError, match="pull_request_target"):
        fitted("pull_request_target")


def test_attesting_needs_the_permission_to_sign() -> None:
    may = Event(on_github=True, name="push", may_identify=True)
    asked = Settings(attest=True, local=True)
    assert settings_for(asked, may).attest
    with pytest.raises(SettingsError) as caught:
        settings_for(asked, replace(may, may_identify=False))
    assert "id-token: write" in caught.value.hint
    fork = Event(on_github=True, name="pull_request")
    assert settings_for(asked, fork).mode == "preview"
