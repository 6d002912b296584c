"""Reads a download to its end and says what its checksum is."""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import urlsplit

import requests

from tfimages_action.errors import StageError

_CHUNK: Final = 1 << 20
_TIMEOUT_S: Final = (20, 120)
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def checksum_of(url: str) -> str:
    """Return `sha256:...` of what `url` gives over HTTPS. Raises `StageError`."""
    _demand_https(url)
    digest = hashlib.sha256()
    size = 0
    try:
        with requests.get(url, stream=True, timeout=_TIMEOUT_S) as answer:
            answer.raise_for_status()
            _demand_https(answer.url)
            for chunk in answer.iter_content(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except requests.RequestException as error:
        raise StageError(
            f"{url} can't be read: {error}", hint="does this version exist? run it where the net is"
        ) from error
    if not size:
        raise StageError(f"{url} is empty", hint="does this version exist?")
    return f"sha256:{digest.hexdigest()}"


def _demand_https(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise StageError(
            f"{url} is not HTTPS: what it gives could be anyone's", hint="use https://"
        )
