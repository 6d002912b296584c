"""Answers as the Hub spells them: two JSON dialects, and HTML for what it did not foresee."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

_HTML_TEXT = {
    404: "The requested URL was not found on the server. If you entered the URL manually please "
    "check your spelling and try again.",
    405: "The method is not allowed for the requested URL.",
    500: "The server encountered an internal error and was unable to complete your request. "
    "Either the server is overloaded or there is an error in the application.",
}


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    file: Path | None = None


def spaced(value: object, status: int = 200) -> Reply:
    """`json.dumps`, as most of the API answers."""
    return Reply(status=status, body=json.dumps(value).encode(), content_type="application/json")


def success(payload: object = None) -> Reply:
    if payload is None:
        return spaced({"status": "success"})
    return spaced({"status": "success", "payload": payload})


def error(status: int, message: str) -> Reply:
    return spaced({"status": "error", "message": message}, status)


def compact_error(status: int, message: str) -> Reply:
    """Flask's `jsonify`, as authentication answers: sorted keys, no spaces, a newline."""
    text = json.dumps({"message": message, "status": "error"}, separators=(",", ":"))
    return Reply(status=status, body=f"{text}\n".encode(), content_type="application/json")


def html(status: int, **headers: str) -> Reply:
    title = f"{status} {HTTPStatus(status).phrase}"
    page = (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n'
        f"<title>{title}</title>\n<h1>{HTTPStatus(status).phrase}</h1>\n"
        f"<p>{_HTML_TEXT.get(status, title)}</p>\n"
    )
    return Reply(status=status, body=page.encode(), headers=headers)


def proxy_error(status: int) -> Reply:
    """What a reverse proxy before the Hub says when it has waited long enough."""
    title = f"{status} {HTTPStatus(status).phrase}"
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Reply(status=status, body=page.encode(), content_type="text/html")
