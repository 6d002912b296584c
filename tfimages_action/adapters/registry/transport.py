"""Requests to one registry: who we are, what an answer means, and trying again.

Plain HTTP is for loopback only; a password or a token leaves over TLS otherwise, to the registry or
to the realm that it names.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth

from tfimages_action.adapters.registry.challenge import (
    BasicChallenge,
    BearerChallenge,
    Challenge,
    parse_challenge,
)
from tfimages_action.core.credentials import Credentials
from tfimages_action.core.loopback import is_loopback
from tfimages_action.core.reference import DOCKER_HUB
from tfimages_action.errors import RegistryError, RegistryGoneError, StageError
from tfimages_action.stopping import Heeding, until_stopped

PULL: Final = "pull"
PUSH: Final = "pull,push"
_Scopes = tuple[str, ...]
"""What a token is good for, as `repository:name:pull`, one for each repository."""
_DOCKER_HUB_HOST: Final = "registry-1.docker.io"
_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_CONNECT_S: Final = 10.0
_READ_S: Final = 60.0
_POOL: Final = 32
_BASE_S: Final = 0.5
_CAP_S: Final = 20.0
_LONGEST_S: Final = 60.0


class Login(StrEnum):
    """What a registry says to who we are."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    ANONYMOUS = "anonymous"
    """It has logins, and we brought none."""
    NOT_ASKED_FOR = "not asked for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often a request is tried, and how the time between is passed."""

    attempts: int = 1
    sleep: Callable[[float], object] = time.sleep
    log: Callable[[str], None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """One request as it goes out, but for who sends it."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    data: bytes | Path | None = None
    """A file is streamed, from its beginning at each try."""
    params: Mapping[str, str | tuple[str, ...]] | None = None


class Transport:
    """An authenticated (or, without credentials, anonymous) way to one registry. Thread-safe."""

    def __init__(
        self,
        registry: str,
        *,
        credentials: Credentials | None = None,
        patience: Patience | None = None,
        heeding: Heeding | None = None,
    ) -> None:
        """`heeding` knows what the calling thread's requests heed."""
        self.registry = registry
        host = _DOCKER_HUB_HOST if registry == DOCKER_HUB else registry
        self.base = f"{'http' if is_loopback(host) else 'https'}://{host}"
        self._credentials = credentials
        self._patience = patience or Patience()
        self._challenge: Challenge | None = None
        self._tokens: dict[_Scopes, str] = {}
        self._heeding = heeding or Heeding()
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=_POOL, pool_maxsize=_POOL))

    def request(
        self,
        method: str,
        url: str,
        *,
        repository: str,
        actions: str = PULL,
        source: str = "",
        headers: Mapping[str, str] | None = None,
        data: bytes | Path | None = None,
    ) -> requests.Response:
        """Send a request and give the answer, whatever its code, unless it is a transient one.

        `url` is a path below the registry, or a whole URL that the registry gave; `source` is
        another repository that it reads from. Raises `RegistryError` (`transient`) when the tries
        are used up.
        """
        scopes: _Scopes = (f"repository:{repository}:{actions}",)
        scopes += (f"repository:{source}:{PULL}",) if source else ()
        call = _Call(
            method=method,
            url=url if "://" in url else f"{self.base}{url}",
            headers=headers or {},
            data=data,
        )
        patience = self._patience
        for attempt in range(1, patience.attempts + 1):
            try:
                return self._authorised(call, scopes)
            except RegistryError as error:
                if not error.transient or attempt == patience.attempts:
                    raise
                pause = min(error.retry_after_s or _pause(attempt), _LONGEST_S)
                patience.log(f"{error.message}; trying again in {pause:.1f} s")
                patience.sleep(pause)
        raise AssertionError("a request is tried at least once")

    def login(self) -> Login:
        """Ask whether the registry lets our credentials in; nothing of a repository is asked."""
        challenge = self._first_challenge()
        basic = self._basic()
        if challenge is None:
            return Login.NOT_ASKED_FOR
        if basic is None:
            return Login.ANONYMOUS
        root = _Call(method="GET", url=f"{self.base}/v2/")
        if isinstance(challenge, BearerChallenge):
            # Without a scope the service only looks at who asks.
            self._refuse_plain_realm(challenge.realm)
            query = {"service": challenge.service}
            root = _Call(method="GET", url=challenge.realm, params=query)
        known = self._send(root, basic).status_code == HTTPStatus.OK
        return Login.ACCEPTED if known else Login.REFUSED

    def refuses_strangers(self, repository: str) -> bool:
        """Whether it shows beforehand that nobody may push without a login, which we lack.

        A token that it gives a stranger may still turn out to be good for less.
        """
        match self._first_challenge():
            case None:
                return False
            case BasicChallenge():
                return True
            case BearerChallenge() as challenge:
                return not self._token(challenge, (f"repository:{repository}:{PUSH}",))

    def _first_challenge(self) -> Challenge | None:
        asked = self._send(_Call(method="GET", url=f"{self.base}/v2/"), _Anonymous())
        if asked.status_code != HTTPStatus.UNAUTHORIZED:
            return None
        return parse_challenge(asked.headers.get("WWW-Authenticate", ""))

    def _authorised(self, call: _Call, scopes: _Scopes) -> requests.Response:
        answer = self._send(call, self._auth(scopes))
        if answer.status_code != HTTPStatus.UNAUTHORIZED:
            return answer
        # Nobody asked yet, or the token has run out.
        challenge = parse_challenge(answer.headers.get("WWW-Authenticate", ""))
        if challenge is None:
            return answer
        self._challenge = challenge
        self._tokens.pop(scopes, None)
        return self._send(call, self._auth(scopes))

    def _auth(self, scopes: _Scopes) -> AuthBase:
        match self._challenge:
            case None:
                return _Anonymous()
            case BasicChallenge():
                return self._basic() or _Anonymous()
            case BearerChallenge() as challenge:
                return _Bearer(self._token(challenge, scopes))

    def _basic(self) -> AuthBase | None:
        if self._credentials is None:
            return None
        return HTTPBasicAuth(self._credentials.username, self._credentials.password)

    def _token(self, challenge: BearerChallenge, scopes: _Scopes) -> str:
        if scopes not in self._tokens:
            self._tokens[scopes] = self._fetch_token(challenge, scopes)
        return self._tokens[scopes]

    def _fetch_token(self, challenge: BearerChallenge, scopes: _Scopes) -> str:
        self._refuse_plain_realm(challenge.realm)
        query = {"service": (challenge.service,), "scope": scopes}
        call = _Call(method="GET", url=challenge.realm, params=query)
        answer = self._send(call, self._basic() or _Anonymous())
        if answer.status_code != HTTPStatus.OK:
            # Not an error here: a stranger is told to go away for what is private or absent.
            return ""
        try:
            body = answer.json()
        except requests.JSONDecodeError as error:
            raise RegistryError(
                f"{self.registry}: the token service's answer is no JSON", transient=True
            ) from error
        token = body.get("token") or body.get("access_token") if isinstance(body, dict) else None
        return str(token or "")

    def _refuse_plain_realm(self, realm: str) -> None:
        try:
            parts = urlsplit(realm)
        except ValueError as error:
            raise RegistryError(
                f"{self.registry} asks for a token of {realm!r}, which is no address"
            ) from error
        plain_here = parts.scheme == "http" and is_loopback(parts.netloc)
        if parts.scheme != "https" and not plain_here:
            raise RegistryError(
                f"{self.registry} asks for credentials over plain HTTP, at {parts.netloc}"
            )

    def _send(self, call: _Call, auth: AuthBase) -> requests.Response:
        stop = self._heeding.stop
        if stop is None:
            return self._exchange(call, auth)
        return until_stopped(lambda: self._exchange(call, auth), stop, self._stopped)

    def _stopped(self) -> StageError:
        return StageError(f"stopped while {self.registry} was at work; it may go on with it")

    def _exchange(self, call: _Call, auth: AuthBase) -> requests.Response:
        try:
            with _opened(call.data) as data:
                answer = self._session.request(
                    call.method,
                    call.url,
                    auth=auth,
                    headers=dict(call.headers),
                    data=data,
                    params=call.params,
                    timeout=(_CONNECT_S, _READ_S),
                )
        except (requests.RequestException, ValueError) as error:  # the latter: led to no address
            raise RegistryGoneError(
                f"{self.registry} can't be reached: {_cause(error)}",
                hint="check the registry's name, the network and the service's status page",
                transient=isinstance(error, _TRANSIENT_ERRORS),
            ) from None  # the original holds the prepared request, headers and all
        if answer.status_code in _TRANSIENT:
            raise RegistryError(
                f"{self.registry} answered {answer.status_code} {answer.reason}"
                f" to {call.method} {urlsplit(call.url).path}",
                hint=_rate_hint(answer.status_code),
                transient=True,
                retry_after_s=retry_after_s(answer.headers.get("Retry-After", "")),
            )
        return answer


_OWN_WORDS: Final = re.compile(r"^HTTPS?Connection(?:Pool)?\([^)]*\): ")
_TRANSIENT_ERRORS: Final = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
)


class _Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Anonymous(AuthBase):
    """No credentials at all; without it, requests would take some from a `.netrc`."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _opened(
    data: bytes | Path | None,
) -> AbstractContextManager[bytes | BinaryIO | None]:
    return data.open("rb") if isinstance(data, Path) else nullcontext(data)


def retry_after_s(header: str) -> float | None:
    """Seconds that `Retry-After` asks for: a number, or a date; never negative."""
    text = header.strip()
    if text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _pause(attempt: int) -> float:
    limit = min(_CAP_S, _BASE_S * 2.0 ** (attempt - 1))
    return random.uniform(limit / 2, limit)  # noqa: S311 - spreads load, hides nothing


def _rate_hint(code: int) -> str:
    if code != HTTPStatus.TOO_MANY_REQUESTS:
        return ""
    return "it limits our rate; for docker.io give dockerhub-username and dockerhub-password"


def _cause(error: Exception) -> str:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    # `HTTPSConnection(host=..., port=...): what happened`: the host is named already.
    return _OWN_WORDS.sub("", str(reason or error))
