"""The HTTP side of the stand-in: authorization, rate limits, paging, outages on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from tests.bed.http import credential, send
from tests.standins.github.repository import Repository
from tests.standins.github.routes import Limits, Pull, Routes
from tests.standins.github.wire import ApiError, Reply, Request, page_of

_HOUR_S: Final = 3600
_CODELOAD: Final = "/codeload/"
"""Stands for codeload.github.com: no token needed (the real link carries one), no rate limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that came in: its target, and whether it carried a token (never which)."""

    method: str
    target: str
    with_token: bool
    status: int


class GitHubStandIn:
    """A running stand-in; attributes may be set while it runs."""

    def __init__(
        self,
        repository: Path,
        *,
        name: str,
        address: str,
        token: str | None,
        private: bool,
        limits: Limits,
        pulls: tuple[Pull, ...],
    ) -> None:
        self.name = name
        self.token = token
        self.private = private
        self.remaining = 1000
        self.outages: list[int] = []
        """Statuses that the next requests get instead of an answer, one each."""
        self.asked: list[Asked] = []
        self.resets_at = int(time.time()) + _HOUR_S
        self.lock = threading.Lock()
        self._server = _Server((address, 0), self)
        host, port = self._server.server_address[:2]
        self.url = f"http://{host!s}:{port}"
        self.routes = Routes(
            Repository(repository),
            base=self.url,
            name=name,
            private=private,
            limits=limits,
            pulls=pulls,
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def respond(
        self, target: str, token: str | None, accept: str, method: str = "GET", body: Any = None
    ) -> tuple[Reply, str | None]:
        """Answer one request: the reply and its `Link` header."""
        parts = urlsplit(target)
        try:
            if parts.path == "/rate_limit":
                return Reply(body=self._rate_limit()), None
            if parts.path.startswith(_CODELOAD):
                path = parts.path.removeprefix(_CODELOAD.rstrip("/"))
                return self.routes.answer(Request(path=path, query={}, accept=accept)), None
            self._admit(token)
            path = self._below_repository(parts.path, token)
            query = dict(parse_qsl(parts.query))
            reply = self.routes.answer(
                Request(
                    path=path,
                    query=query,
                    accept=accept,
                    method=method,
                    body=body,
                    with_token=token is not None,
                )
            )
        except ApiError as error:
            return error.reply(), None
        if not reply.paged:
            return reply, None
        items, link = page_of(reply.body, query, f"{self.url}{parts.path}")
        return Reply(body=items), link

    def _admit(self, token: str | None) -> None:
        if token is not None and self.token is not None and token != self.token:
            raise ApiError(401, "Bad credentials")
        with self.lock:
            if self.remaining <= 0:
                raise ApiError(403, "API rate limit exceeded for installation.")
            self.remaining -= 1
            if self.outages:
                status = self.outages.pop(0)
                raise ApiError(status, "Server Error")

    def _below_repository(self, path: str, token: str | None) -> str:
        prefix = f"/repos/{self.name}"
        rest = path[len(prefix) :]
        named = path[: len(prefix)].lower() == prefix.lower() and rest[:1] in {"", "/"}
        # A private repository that a caller may not see does not exist for him.
        if not named or (self.private and token is None):
            raise ApiError(404, "Not Found")
        return rest

    def _rate_limit(self) -> dict[str, Any]:
        core = {
            "limit": 1000,
            "remaining": self.remaining,
            "reset": self.resets_at,
            "used": 1000 - self.remaining,
        }
        return {"resources": {"core": core, "search": core}, "rate": core}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], api: GitHubStandIn) -> None:
        super().__init__(address, _Handler)
        self.api = api


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if not self.headers.get("User-Agent"):
            self._send(Reply(status=403, body={"message": "Request forbidden."}), None)
            return
        reply, link = self.server.api.respond(
            self.path, self._token(), self.headers.get("Accept", ""), self.command, self._body()
        )
        self._send(reply, link)

    do_POST = do_PATCH = do_GET  # noqa: N815 - their names in the base

    def _body(self) -> Any:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return json.loads(data) if data else None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base
        """Say nothing: `asked` has it."""

    def _token(self) -> str | None:
        return credential(self, "bearer", "token")

    def _send(self, reply: Reply, link: str | None) -> None:
        api = self.server.api
        asked = Asked(
            method=self.command,
            target=self.path,
            with_token=self._token() is not None,
            status=reply.status,
        )
        body = json.dumps(reply.body).encode() if reply.raw is None else reply.raw
        kind = "application/vnd.github.raw+json" if reply.raw is not None else "application/json"
        with api.lock:
            api.asked.append(asked)
        headers = {
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-RateLimit-Limit": "1000",
            "X-RateLimit-Remaining": str(max(0, api.remaining)),
            "X-RateLimit-Used": str(1000 - api.remaining),
            "X-RateLimit-Reset": str(api.resets_at),
            "X-RateLimit-Resource": "core",
            **({"Link": link} if link else {}),
            **({"Location": reply.location} if reply.location else {}),
        }
        send(self, reply.status, body, kind=f"{kind}; charset=utf-8", headers=headers)


@contextmanager
def running_github(
    repository: Path,
    *,
    name: str = "octo-org/images",
    address: str = "127.0.0.1",
    token: str | None = None,
    private: bool = False,
    limits: Limits | None = None,
    pulls: tuple[Pull, ...] = (),
) -> Iterator[GitHubStandIn]:
    """Serve `repository` as `name` on a free port; with `token` another one is refused."""
    api = GitHubStandIn(
        repository,
        name=name,
        address=address,
        token=token,
        private=private,
        limits=limits or Limits(),
        pulls=pulls,
    )
    try:
        yield api
    finally:
        api.stop()
