"""Requests, replies, errors and pages, as the API has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

_MAX_PER_PAGE: Final = 100

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Status and body; `items` of a paged list are cut by the server."""

    status: int = 200
    body: Json = None
    paged: bool = False
    raw: bytes | None = None
    """Instead of JSON: the bytes themselves."""
    location: str | None = None
    """Where a redirect leads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request below `/repos/OWNER/NAME`."""

    path: str
    query: Mapping[str, str]
    method: str = "GET"
    body: Json = None
    with_token: bool = False
    accept: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """An answer that is no success: GitHub's status, message and link."""

    def __init__(self, status: int, message: str, **more: Json) -> None:
        super().__init__(message)
        self.status = status
        self.more = more

    def reply(self) -> Reply:
        return Reply(
            status=self.status,
            body={
                "message": str(self),
                **self.more,
                "documentation_url": "https://docs.github.com/rest",
                "status": str(self.status),
            },
        )


def page_of(
    items: list[Json], query: Mapping[str, str], address: str
) -> tuple[list[Json], str | None]:
    """Cut one page out of a list; return it and the `Link` header that leads on."""
    size = max(1, min(int(query.get("per_page", "30")), _MAX_PER_PAGE))
    page = max(1, int(query.get("page", "1")))
    last = max(1, -(-len(items) // size))
    names: dict[str, int] = {}
    if page < last:
        names |= {"next": page + 1, "last": last}
    if page > 1:
        names |= {"prev": page - 1, "first": 1}
    rest = "&".join(f"{key}={quote(value)}" for key, value in query.items() if key != "page")
    links = ", ".join(
        f'<{address}?{rest + "&" if rest else ""}page={number}>; rel="{name}"'
        for name, number in names.items()
    )
    return items[(page - 1) * size : page * size], links or None
