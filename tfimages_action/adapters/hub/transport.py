"""One request to the Hub: no cookie jar, time limits, and errors that say what may be done next.

A conversion is silent until its end, so its limit is on the silence. The Hub goes on when a
client hangs up: whoever abandons a call must look at what became of it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import quote, urlsplit

import requests
from requests.auth import AuthBase

from tfimages_action.adapters.hub.errors import (
    HubStoppedError,
    HubUnknownError,
    HubUnreachableError,
    HubUnsafeError,
)
from tfimages_action.adapters.hub.token import Token
from tfimages_action.errors import HubError, SettingsError
from tfimages_action.stopping import Heeding, until_stopped

_USER: Final = re.compile(r"[A-Za-z0-9._@-]+")
MAX_ANSWER: Final = 96 * 1024 * 1024
"""Bytes. An flist of a million entries has fewer; whoever sends more means to fill our memory."""
_PART: Final = 1 << 16
_PROXY_CODES: Final = (502, 503, 504)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long the Hub may be silent, in seconds, for each kind of call."""

    connect_s: float = 15
    read_s: float = 60
    convert_s: float = 1800
    upload_s: float = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whole."""

    status: int
    body: bytes
    hub_time: int | None
    """The Hub's own clock (its `Date`), in seconds since 1970."""
    allowed: str = ""

    def text(self) -> str:
        return self.body.decode(errors="replace")


class _Header(AuthBase):
    """Puts the token in the header, or nothing: either way `~/.netrc` has no say."""

    def __init__(self, token: Token | None, active_user: str | None) -> None:
        self._token = token
        self._active_user = active_user

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = self._token.header()
            if self._active_user:
                request.headers["Cookie"] = f"active-user={self._active_user}"
        return request


class Transport:
    """Sends requests to one Hub. Thread-safe: nothing is kept between calls."""

    def __init__(
        self,
        url: str,
        *,
        token: Token | None = None,
        active_user: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            raise SettingsError(
                f"{parts.hostname or url!r} is no Hub's address",
                hint="`hub-url` looks like https://hub.grid.tf, without a user or password",
            )
        if active_user and not _USER.fullmatch(active_user):
            raise SettingsError(f"{active_user!r} is no user of the Hub", hint="check `hub-user`")
        self.url = url.rstrip("/")
        self.active_user = active_user
        self.limits = limits or Limits()
        self._token = token
        self.heeding = Heeding()
        """Within `heeding(stop)` every call ends with `HubStoppedError` once `stop` is set."""

    def address(self, parts: Sequence[str]) -> str:
        """The URL of a path whose parts are percent-encoded one by one."""
        for part in parts:
            if part in {"", ".", ".."} or "/" in part or "\0" in part:
                raise HubUnsafeError(f"{part!r} is no name on the Hub")
        return "/".join([self.url, *(quote(part, safe="") for part in parts)])

    def call(
        self,
        method: str,
        parts: Sequence[str],
        *,
        own: bool = False,
        form: Mapping[str, str] | None = None,
        json: object = None,
        body: Iterable[bytes] | None = None,
        headers: Mapping[str, str | bytes] | None = None,
        silence_s: float | None = None,
        stop: threading.Event | None = None,
    ) -> Answer:
        """Send one request and read its whole answer, whatever its status.

        `own`: with the token. Raises `HubUnreachableError`, `HubUnknownError` (a proxy's
        502, 503, 504 included) or `HubStoppedError`.
        """

        def send() -> Answer:
            with self._open(
                method,
                parts,
                own=own,
                silence_s=silence_s,
                headers=headers,
                data=form if body is None else body,
                json=json,
            ) as response:
                return _answer(response)

        heeded = stop or self.heeding.stop
        return send() if heeded is None else until_stopped(send, heeded, _stopped)

    @contextmanager
    def _open(
        self,
        method: str,
        parts: Sequence[str],
        *,
        own: bool,
        silence_s: float | None = None,
        headers: Mapping[str, str | bytes] | None = None,
        **content: Any,  # noqa: ANN401 - what requests takes as `data` and `json`
    ) -> Iterator[requests.Response]:
        url = self.address(parts)
        session = requests.Session()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        wait = (self.limits.connect_s, silence_s or self.limits.read_s)
        auth = _Header(self._token if own else None, self.active_user)
        try:
            with (
                session,
                session.request(
                    method,
                    url,
                    auth=auth,
                    timeout=wait,
                    stream=True,
                    headers={"Accept-Encoding": "identity", **(headers or {})},
                    allow_redirects=False,
                    **content,
                ) as response,
            ):
                if response.status_code in _PROXY_CODES:
                    raise HubUnknownError(
                        f"a proxy before the Hub answered {response.status_code} to {method} {url}"
                    )
                yield response
        except (requests.ConnectTimeout, requests.ConnectionError) as error:
            raise _lost(error, method, url) from error
        except requests.RequestException as error:
            raise HubUnknownError(f"{method} {url}: {type(error).__name__}") from error


def _stopped() -> HubError:
    return HubStoppedError("stopped while the Hub was at work; it may go on with it")


def _lost(error: requests.RequestException, method: str, url: str) -> HubError:
    cause = error.args[0] if error.args else error
    reason = type(getattr(cause, "reason", cause)).__name__
    unsent = isinstance(
        error,
        requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError,
    )
    if unsent or reason in {"NewConnectionError", "NameResolutionError"}:
        return HubUnreachableError(f"{method} {url}: the Hub can't be reached ({reason})")
    return HubUnknownError(f"{method} {url}: no whole answer came ({reason})")


def _answer(response: requests.Response) -> Answer:
    body = bytearray()
    for part in response.iter_content(_PART):
        body += part
        if len(body) > MAX_ANSWER:
            raise HubUnknownError(f"{response.url}: an answer of more than {MAX_ANSWER} bytes")
    return Answer(
        status=response.status_code,
        body=bytes(body),
        hub_time=_hub_time(response),
        allowed=response.headers.get("Allow", ""),
    )


def _hub_time(response: requests.Response) -> int | None:
    try:
        return int(parsedate_to_datetime(response.headers["Date"]).timestamp())
    except (KeyError, ValueError):
        return None
