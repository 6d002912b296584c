"""3bot tokens as the Hub checks them: a signed [user, time], and nothing of it ever expires."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping
from http.cookies import SimpleCookie

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from tests.standins.hub.replies import Reply, compact_error, html

_PREFIX = "bearer "


class Tokens:
    """Makes tokens and finds the user of a request."""

    def __init__(self, aliases: Mapping[str, str] | None = None) -> None:
        self._key = SigningKey.generate()
        self._fixed: dict[str, str] = {}
        self._aliases = dict(aliases or {})

    def issue(self, user: str) -> str:
        payload = json.dumps([user, int(time.time())]).encode()
        return base64.urlsafe_b64encode(self._key.sign(payload)).decode()

    def accept(self, token: str, user: str) -> None:
        """Take a token chosen by hand for a user's, beside the signed ones."""
        self._fixed[token] = user

    def user(self, authorization: str | None, cookies: str | None) -> str | Reply:
        """The user that a request acts as, or the refusal it gets."""
        if not authorization:
            return compact_error(401, "no authorization provided")
        if not authorization.lower().startswith(_PREFIX):
            if "." in authorization:
                return compact_error(401, "could not authenticate")
            return compact_error(400, "invalid authorization header")
        token = authorization[len(_PREFIX) :].strip()
        own = self._fixed.get(token)
        if own is None:
            if "." in token:
                return compact_error(403, "invalid token")
            read = self._signed(token)
            if isinstance(read, Reply):
                return read
            own = read
        asked = SimpleCookie(cookies or "").get("active-user")
        # One that isn't granted is ignored without a word.
        return asked.value if asked and self._aliases.get(asked.value) == own else own

    def _signed(self, token: str) -> str | Reply:
        try:
            payload = self._key.verify_key.verify(base64.urlsafe_b64decode(token))
        except (BadSignatureError, binascii.Error, ValueError):
            return compact_error(401, "invalid signature")
        value = json.loads(payload)
        return value[0] if isinstance(value, list) and isinstance(value[0], str) else html(500)
