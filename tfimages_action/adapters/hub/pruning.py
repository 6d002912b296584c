"""Old flists, listed first and removed only when asked: ZOS fetches an address at every mount.

A release's name is a link of ours to its content's flist. What goes is the release links past
the newest N, then the content flists that nothing leads to any more: no link or tag, of anyone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tfimages_action.adapters.hub import refusals
from tfimages_action.adapters.hub.answers import EntryType, Listed
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.core import flist_name
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.published import names
from tfimages_action.core.run.work import Log
from tfimages_action.core.tags import VersionTag, parse_version_tag

_NO_DIGEST: Final = "sha256:" + "0" * 64
_DIGITS: Final = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """What would go: links first, then the flists that they alone led to. Names of our user."""

    links: tuple[str, ...] = ()
    flists: tuple[str, ...] = ()
    spared: tuple[tuple[str, str], ...] = ()
    """(flist, what leads to it) of old ones that stay."""


def plan_pruning(hub: Hub, images: Iterable[Image], keep_versions: int) -> Pruning:
    """Read everything, change nothing. The `keep_versions` newest releases of each image stay."""
    listing = hub.listing(hub.user) or ()
    links: list[str] = []
    contents: set[str] = set()
    for image in images:
        links += _old_releases(image, listing, keep_versions)
        contents |= _contents(image, listing)
    reached = _reached(hub, without=frozenset(links))
    old = sorted(contents)
    return Pruning(
        links=tuple(sorted(links)),
        flists=tuple(name for name in old if name not in reached),
        spared=tuple((name, reached[name]) for name in old if name in reached),
    )


def prune(hub: Hub, pruning: Pruning, *, log: Log) -> None:
    """Remove what was listed; the client refuses what a link of ours leads to by now."""
    for name in (*pruning.links, *pruning.flists):
        log(f"removing {name}")
        hub.delete(name)


def _old_releases(image: Image, listing: Sequence[Listed], keep: int) -> list[str]:
    found: list[tuple[VersionTag, str]] = []
    prefix = _content_prefix(image)
    for entry in listing:
        tag = entry.name.removeprefix(prefix).removesuffix(flist_name.SUFFIX)
        if entry.type is not EntryType.SYMLINK or not entry.name.startswith(prefix):
            continue
        version = None if entry.name == image.flist else parse_version_tag(tag.replace("_", "+"))
        if version is not None:
            found.append((version, entry.name))
    newest_first = sorted(found, key=lambda pair: (pair[0], pair[1]), reverse=True)
    return [name for _, name in newest_first[keep:]]


def _contents(image: Image, listing: Sequence[Listed]) -> set[str]:
    prefix = _content_prefix(image)
    return {
        entry.name
        for entry in listing
        if entry.type is EntryType.REGULAR
        and entry.name.startswith(prefix)
        and _DIGITS.fullmatch(entry.name.removeprefix(prefix).removesuffix(flist_name.SUFFIX))
    }


def _content_prefix(image: Image) -> str:
    name = names.content_flist(image, _NO_DIGEST)
    return name.removesuffix("0" * 12 + flist_name.SUFFIX)


def _reached(hub: Hub, *, without: frozenset[str]) -> dict[str, str]:
    """Our flists that a link or tag of any user leads to, each with one that does."""
    reached: dict[str, str] = {}
    for user, listing in hub.all_listings().items():
        for entry in listing:
            if user == hub.user and entry.name in without:
                continue
            lines = [entry]
            where = f"{user}/{entry.name}"
            if entry.type is EntryType.TAG:
                lines = list(hub.tag_listing(user, entry.name) or ())
                where = f"{user}'s tag {entry.name}"
            for line in lines:
                if line.target is None:
                    continue
                owner, name = refusals.listed_target(user, line.target)
                if owner == hub.user:
                    reached.setdefault(name, where)
    return reached
