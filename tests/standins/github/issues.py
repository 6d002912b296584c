"""Issues of one repository: listed, opened, changed and commented on, as GitHub does it."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.standins.github.bodies import Urls, owner
from tests.standins.github.wire import ApiError, Json, Reply, Request

_LIST = re.compile(r"/issues")
_ONE = re.compile(r"/issues/(?P<number>\d+)")
_COMMENTS = re.compile(r"/issues/(?P<number>\d+)/comments")
_STATES = {"open", "closed"}


@dataclass(slots=True, kw_only=True)
class Issue:
    """One issue; `comments` are texts."""

    number: int
    title: str
    body: str
    state: str = "open"
    state_reason: str | None = None
    comments: list[str] = field(default_factory=list)
    is_pull: bool = False


class Issues:
    """What stands under `/issues`. Writing needs a token."""

    def __init__(self, urls: Urls) -> None:
        self._urls = urls
        self._lock = threading.Lock()
        self.all: list[Issue] = []

    def answer(self, request: Request) -> Reply | None:
        """Answer a request that concerns issues; `None` for every other one."""
        with self._lock:
            if _LIST.fullmatch(request.path):
                return self._list(request) if request.method == "GET" else self._open(request)
            if hit := _ONE.fullmatch(request.path):
                return self._one(self._find(hit["number"]), request)
            if hit := _COMMENTS.fullmatch(request.path):
                return self._comment(self._find(hit["number"]), request)
        return None

    def _list(self, request: Request) -> Reply:
        wanted = request.query.get("state", "open")
        # Newest first; pull requests are issues too, and stand among them.
        found = [one for one in reversed(self.all) if wanted in {"all", one.state}]
        return Reply(body=[self._shown(one) for one in found], paged=True)

    def _open(self, request: Request) -> Reply:
        given = _writing(request)
        if not isinstance(given.get("title"), str) or not given["title"]:
            raise ApiError(422, "Validation Failed")
        issue = Issue(
            number=len(self.all) + 1, title=given["title"], body=str(given.get("body") or "")
        )
        self.all.append(issue)
        return Reply(status=201, body=self._shown(issue))

    def _one(self, issue: Issue, request: Request) -> Reply:
        if request.method == "PATCH":
            given = _writing(request)
            if given.get("state", issue.state) not in _STATES:
                raise ApiError(422, "Validation Failed")
            issue.title = given.get("title", issue.title)
            issue.body = given.get("body", issue.body)
            issue.state = given.get("state", issue.state)
            issue.state_reason = given.get("state_reason", issue.state_reason)
        return Reply(body=self._shown(issue))

    def _comment(self, issue: Issue, request: Request) -> Reply:
        if request.method == "GET":
            return Reply(body=[{"id": n, "body": text} for n, text in enumerate(issue.comments)])
        issue.comments.append(str(_writing(request)["body"]))
        body = {"id": len(issue.comments), "body": issue.comments[-1]}
        return Reply(status=201, body=body)

    def _find(self, number: str) -> Issue:
        for issue in self.all:
            if issue.number == int(number):
                return issue
        raise ApiError(404, "Not Found")

    def _shown(self, issue: Issue) -> Json:
        url = f"{self._urls.api}/issues/{issue.number}"
        pull = {"pull_request": {"url": f"{self._urls.api}/pulls/{issue.number}"}}
        return {
            "id": issue.number,
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "state": issue.state,
            "state_reason": issue.state_reason,
            "user": owner(self._urls, "octo"),
            "labels": [],
            "comments": len(issue.comments),
            "url": url,
            "html_url": f"{self._urls.html}/issues/{issue.number}",
            "comments_url": f"{url}/comments",
            **(pull if issue.is_pull else {}),
        }


def _writing(request: Request) -> Mapping[str, Json]:
    if not request.with_token:
        raise ApiError(401, "Requires authentication")
    if not isinstance(request.body, dict):
        raise ApiError(400, "Problems parsing JSON")
    return request.body
