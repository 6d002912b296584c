"""What the Hub would do and lose something by: refused before it is asked.

Each rule is a fact that was seen on a real Hub (docs/hub.md, "What is refused").
"""

from __future__ import annotations

import posixpath

from tfimages_action.adapters.hub.answers import EntryType, Light, Listed
from tfimages_action.adapters.hub.errors import HubUnsafeError
from tfimages_action.adapters.hub.reading import HubReader
from tfimages_action.core import flist_name


def resolve(user: str, target: str) -> tuple[str, str]:
    """(user, name) that a link in `user`'s folder with this target leads to."""
    path = posixpath.normpath(posixpath.join(user, target)).split("/")
    return (path[0], path[-1]) if len(path) > 1 else (user, path[-1])


def listed_target(user: str, target: str) -> tuple[str, str]:
    """The same for a listing's target, which has lost its `../`: `x.flist`, `user/x.flist`."""
    return resolve(user, f"../{target}" if "/" in target else target)


def link_over(user: str, source: str, name: str, there: Light | None) -> None:
    """Refuse a link that would hide a file or lead to itself. `there`: what has its name now."""
    flist_name.check(name)
    if resolve(user, source) == (user, name):
        raise HubUnsafeError(f"{name} would be a link to itself, and serve nothing")
    if there is not None and there.type is EntryType.REGULAR:
        raise HubUnsafeError(
            f"{user}/{name} is an flist, not a link; a link in its place would lose it",
            hint=f"rename it first: tfimages hub rename {name} NEWNAME",
        )


def rename_over(user: str, source: str, name: str, there: Light | None) -> None:
    """Refuse a rename over what exists: the Hub replaces files and links without a word."""
    flist_name.check(name)
    if source == name or there is not None:
        raise HubUnsafeError(
            f"{user}/{name} exists; the Hub would replace it without a word",
            hint="rename or delete it first, if that is meant",
        )


def promote(
    source: tuple[str, str], destination: tuple[str, str], source_there: Light | None
) -> None:
    """Refuse a copy onto itself (the Hub deletes the file) and a copy of nothing."""
    flist_name.check(destination[1])
    if source_there is None or source_there.md5 is None:
        raise HubUnsafeError(f"{'/'.join(source)} holds nothing that could be copied")
    real = source
    if source_there.target is not None:
        real = resolve(source[0], source_there.target)
    if destination in {source, real}:
        raise HubUnsafeError(
            f"{'/'.join(destination)} would be copied onto itself, and the Hub would delete it"
        )


def write_over(user: str, name: str, there: Light | None) -> None:
    """Refuse a conversion or upload onto a link: it would break, or write through it."""
    flist_name.check(name)
    if there is not None and there.type is not EntryType.REGULAR:
        raise HubUnsafeError(
            f"{user}/{name} is a link to {there.target}; an flist can't be made in its place",
            hint=f"look at it, then remove it: tfimages hub delete {name}",
        )


def remove(user: str, name: str, listing: tuple[Listed, ...]) -> None:
    """Refuse to take away what one of the user's own links leads to: it would serve nothing."""
    for entry in listing:
        if entry.target is not None and listed_target(user, entry.target) == (user, name):
            raise HubUnsafeError(
                f"{user}/{entry.name} is a link to {name}, and would serve nothing",
                hint=f"remove or switch {entry.name} first",
            )


def own_folder(reader: HubReader, user: str) -> None:
    """Refuse what the Hub answers with an HTML 500, or with a success that wrote nothing."""
    if reader.listing(user) is None:
        raise HubUnsafeError(
            f"{user} has no folder on the Hub yet, and the Hub would fail on it",
            hint="convert or upload a first flist",
        )
