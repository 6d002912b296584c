"""What an answer's status and words mean; the Hub has two spellings and HTML besides."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Final

from tfimages_action.adapters.hub.errors import (
    HubAnswerError,
    HubConflictError,
    HubNotFoundError,
    HubRefusedUsError,
)
from tfimages_action.adapters.hub.transport import Answer

_BAD_TOKEN: Final = {
    "no authorization provided",
    "invalid authorization header",
    "invalid signature",
    "invalid token",
    "could not authenticate",
}
_READ_ONLY: Final = "readonly mode"
_MAX_SAID: Final = 300
_HEAD: Final = 64


def said(answer: Answer) -> str:
    """The Hub's own words; for an HTML page the fact that it is one."""
    try:
        value = json.loads(answer.body)
    except ValueError:
        page = b"html" in answer.body[:_HEAD].lower()
        return "an HTML page" if page else answer.text()[:_MAX_SAID]
    message = value.get("message") if isinstance(value, dict) else None
    return str(message)[:_MAX_SAID] if message else answer.text()[:_MAX_SAID]


def succeeded(answer: Answer) -> bool:
    """Both the code and the word must say so: a 500 may carry `"status": "success"`."""
    if answer.status != HTTPStatus.OK:
        return False
    try:
        value = json.loads(answer.body)
    except ValueError:
        return False
    return isinstance(value, dict) and value.get("status") == "success"


def failure(answer: Answer, doing: str) -> HubAnswerError:
    """The typed error for an answer that is no success. `doing`: `linking a to b`."""
    words = said(answer)
    message = f"{doing}: the Hub answered {answer.status}, {words}"
    if words == _READ_ONLY:
        return HubRefusedUsError(
            f"{doing}: the Hub is read-only at the moment",
            status=answer.status,
            said=words,
            hint="wait until its operators have opened it again, then start this run again",
        )
    if words in _BAD_TOKEN:
        return HubRefusedUsError(
            f"{doing}: the Hub does not accept the token ({words})",
            status=answer.status,
            said=words,
            hint='make a new one on the Hub\'s page ("Generate API Token") and set `hub-token`',
        )
    match answer.status:
        case HTTPStatus.NOT_FOUND:
            return HubNotFoundError(message, status=answer.status, said=words)
        case HTTPStatus.UNAUTHORIZED:
            return HubConflictError(message, status=answer.status, said=words)
        case status if status in range(300, 400):
            hint = "is `hub-url` the Hub itself, with the right scheme?"
            return HubAnswerError(message, status=status, said=words, hint=hint)
        case status:
            return HubAnswerError(message, status=status, said=words)
