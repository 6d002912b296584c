"""A user name and a password for one registry: a value that never shows its password."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who we are at one registry (`ghcr.io`, `docker.io`, `127.0.0.1:5000`)."""

    registry: str
    username: str
    password: str = field(repr=False)
