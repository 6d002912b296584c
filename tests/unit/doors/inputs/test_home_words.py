"""Cures that name inputs name options in a terminal."""

import pytest

from tfimages_action.doors.inputs.home_words import at_home


@pytest.mark.parametrize(
    ("step", "home"),
    [
        ("`local: true`", "`--local`"),
        ("`convert: false`", "`--no-convert`"),
        ("(`without-hub: local`)", "(`--without-hub local`)"),
        ("raise `build-timeout`", "raise `--build-timeout`"),
        ("set `hub-token`", "set `TFHUB_TOKEN`"),
        ("`registry-password`", "`TFIMAGES_REGISTRY_PASSWORD`"),
    ],
)
def test_an_input_is_an_option(step: str, home: str) -> None:
    assert at_home(f"error: no\n  -> {step}") == f"error: no\n  -> {home}"


@pytest.mark.parametrize(
    "text",
    [
        "error: `local: true` is said by the message, which tells what was given",
        "  -> check out with `lfs: true`",
        "  -> perhaps `current` was meant",
        "  -> give the job `permissions: packages: write`",
    ],
)
def test_what_is_no_input_or_no_cure_stays(text: str) -> None:
    assert at_home(text) == text
