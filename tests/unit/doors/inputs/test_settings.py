"""Inputs become one frozen value, by one order of precedence."""

import dataclasses

import pytest

from tfimages_action.doors.inputs.settings import Settings, resolve_settings, secrets_in
from tfimages_action.doors.inputs.table import INPUTS, InputKind
from tfimages_action.errors import SettingsError

FIELDS = {field.name: field for field in dataclasses.fields(Settings)}


def test_fields_and_table_agree() -> None:
    assert list(FIELDS) == [spec.field for spec in INPUTS]


@pytest.mark.parametrize("spec", INPUTS, ids=lambda spec: spec.name)
def test_the_tables_default_is_the_fields(spec: object) -> None:
    found = next(known for known in INPUTS if known is spec)
    if found.default and not found.default.startswith("${{"):
        resolved = resolve_settings({found.name: found.default}, {})
        assert getattr(resolved, found.field) == FIELDS[found.field].default


def test_nothing_given_is_the_defaults() -> None:
    assert resolve_settings({}, {}) == Settings()


def test_only_secrets_are_secret() -> None:
    environment = {
        "INPUT_HUB-TOKEN": " s1 ", "TFHUB_TOKEN": "s2", "INPUT_GITHUB-TOKEN": "s1",
        "INPUT_MODE": "plan", "TFIMAGES_HUB_URL": "https://home", "TFIMAGES_HUB_TOKEN": "",
    }  # fmt: skip
    assert secrets_in(environment) == ("s1", "s2")


def test_an_option_beats_the_steps_input_beats_the_environment() -> None:
    environment = {
        "INPUT_HUB-URL": "https://step", "TFIMAGES_HUB_URL": "https://home",
        "TFIMAGES_IMAGES_DIR": "mine", "TFHUB_TOKEN": "t1", "GITHUB_TOKEN": "t2",
    }  # fmt: skip
    settings = resolve_settings({"hub-url": "https://option"}, environment)
    assert settings.hub_url == "https://option"
    assert resolve_settings({}, environment).hub_url == "https://step"
    assert settings.images_dir == "mine"
    assert (settings.hub_token, settings.github_token) == ("t1", "t2")


def test_an_empty_input_is_none_given() -> None:
    assert resolve_settings({}, {"INPUT_MAX-PARALLEL": " ", "INPUT_PUSH": ""}) == Settings()


def test_lists_may_be_lines() -> None:
    assert resolve_settings({"only": "a, b\n\nc*\n"}, {}).only == ("a", "b", "c*")


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("push", "perhaps", "true or false"),
        ("max-parallel", "0", "above 0"),
        ("max-parallel", "two", "above 0"),
        ("build-timeout", "nan", "above 0"),
        ("verify", "ful", "full, counts, none"),
    ],
)
def test_what_makes_no_sense_is_refused(name: str, text: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        resolve_settings({name: text}, {})
    assert hint in caught.value.hint
    assert caught.value.exit_code == 2


def test_secrets_are_never_shown() -> None:
    given = {spec.name: f"planted-{n}" for n, spec in enumerate(INPUTS)
             if spec.kind is InputKind.SECRET}  # fmt: skip
    settings = resolve_settings(given, {})
    assert set(settings.secrets) == set(given.values())
    assert "planted" not in repr(settings)
