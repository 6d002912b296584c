"""Reads any published flist by its address, as ZOS does: no token, no belief in the server."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from tfimages_action.adapters.hub.choices import Timing
from tfimages_action.adapters.hub.proof import fetch
from tfimages_action.adapters.hub.reading import HubReader
from tfimages_action.adapters.hub.transport import Transport
from tfimages_action.errors import SettingsError
from tfimages_action.flist.merkle import merkle_root

_PARTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFlist:
    """What an address serves now."""

    address: str
    content: str
    """The flist that it leads to: of a link, the target."""
    md5: str
    sha256: str
    entries: int
    merkle_root: str


def read_published(address: str, *, base: str) -> PublishedFlist:
    """Download and read `https://HUB/USER/NAME.flist`. Raises `FlistError` for a damaged one.

    `base` is the Hub's own address; one that has a path in it is only known from there.
    """
    own = address.startswith(base.rstrip("/") + "/")
    parts = urlsplit(address)
    root = base.rstrip("/") if own else f"{parts.scheme}://{parts.netloc}"
    names = [unquote(part) for part in address.removeprefix(f"{root}/").split("/")]
    if len(names) != _PARTS or not all(names):
        raise SettingsError(
            f"{address} is no flist's address", hint="it looks like https://HUB/USER/NAME.flist"
        )
    user, name = names
    hub = HubReader(Transport(root))
    there = hub.light(user, name)
    file, came = fetch(hub, user, name, Timing(), threading.Event())
    return PublishedFlist(
        address=address,
        content=there.target.rpartition("/")[2] if there and there.target else name,
        md5=came.md5,
        sha256=came.sha256,
        entries=len(file.entries),
        merkle_root=merkle_root(file.entries),
    )
