"""A 200 is not a success, a 401 is no question of the token, and words differ from codes."""

from __future__ import annotations

import pytest

from tests.unit.adapters.hub.answers_of import answer
from tfimages_action.adapters.hub import replies
from tfimages_action.adapters.hub.errors import (
    HubAnswerError,
    HubConflictError,
    HubNotFoundError,
    HubRefusedUsError,
)
from tfimages_action.errors import ExitCode

PAGE = b'<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<title>500</title>'


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (404, "source not found", HubNotFoundError),
        (401, "link destination is already a file", HubConflictError),
        (401, "invalid signature", HubRefusedUsError),
        (401, "no authorization provided", HubRefusedUsError),
        (400, "invalid authorization header", HubRefusedUsError),
        (403, "invalid token", HubRefusedUsError),
        (400, "readonly mode", HubRefusedUsError),
        (500, "could not pull this image", HubAnswerError),
    ],
)
def test_the_kind_of_error(status: int, message: str, kind: type[HubAnswerError]) -> None:
    error = replies.failure(answer({"message": message, "status": "error"}, status), "linking")
    assert type(error) is kind
    assert (error.status, error.said) == (status, message)


def test_who_is_refused_is_refused_before_the_first_build() -> None:
    error = replies.failure(answer({"message": "readonly mode", "status": "error"}, 400), "asking")
    assert error.exit_code is ExitCode.REFUSED
    assert "read-only" in error.message


def test_an_html_page_is_named_not_quoted() -> None:
    assert replies.failure(answer(PAGE, 500), "merging").said == "an HTML page"
    assert isinstance(replies.failure(answer(PAGE, 404), "listing"), HubNotFoundError)


def test_a_redirect_points_at_the_url() -> None:
    assert "hub-url" in replies.failure(answer(b"", 301), "asking").hint


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": "success"}, 500),
        ({"status": "error"}, 200),
        (b"<html>", 200),
        ([], 200),
        ({}, 200),
    ],
)
def test_code_and_word_must_both_say_success(body: object, status: int) -> None:
    assert not replies.succeeded(answer(body, status))


def test_success() -> None:
    assert replies.succeeded(answer({"status": "success"}))


def test_long_words_are_cut() -> None:
    assert len(replies.said(answer({"message": "x" * 5000}, 500))) == 300
