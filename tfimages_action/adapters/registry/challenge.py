"""Reading a registry's `WWW-Authenticate`.

https://distribution.github.io/distribution/spec/auth/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_PARAMETER: Final = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicChallenge:
    """Send the user name and the password with every request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BearerChallenge:
    """Fetch a token at `realm` first. The scope is ours to name: ghcr sends a placeholder."""

    realm: str
    service: str


Challenge = BasicChallenge | BearerChallenge


def parse_challenge(header: str) -> Challenge | None:
    """Read the header; `None` where it asks for nothing that we know."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() == "basic":
        return BasicChallenge()
    if scheme.lower() != "bearer":
        return None
    parameters = {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain
        for name, quoted, plain in _PARAMETER.findall(rest)
    }
    realm = parameters.get("realm", "")
    return BearerChallenge(realm=realm, service=parameters.get("service", "")) if realm else None
