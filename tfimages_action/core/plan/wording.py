"""The sentences of a plan: why, in words that a person can act on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from tfimages_action.core.catalog.fingerprint import Difference
from tfimages_action.core.catalog.model import Catalog, Image
from tfimages_action.core.plan.model import ReasonKind
from tfimages_action.core.published.record import FlistState, Record
from tfimages_action.core.tags import parse_version_tag
from tfimages_action.errors import printable

_SHOWN: Final = 3
_DIGITS: Final = 12
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def revision(name: str) -> str:
    """A revision as people read it: a whole commit id by its first twelve digits, else its name."""
    return name[:_DIGITS] if _COMMIT.fullmatch(name) else name


def some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - _SHOWN
    shown = [printable(name) for name in names[:_SHOWN]]
    if more > 0:
        shown.append(f"{more} more")
    if len(shown) <= 1:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def files(difference: Difference, since: str) -> str:
    """`changed Dockerfile; added etc/x since v27`."""
    parts = [f"{verb} {some(names)}" for verb, names in _verbs(difference) if names]
    return _since((*parts, *map(printable, difference.definition)), since)


def each_file(difference: Difference) -> list[str]:
    """Every file that differs, a line each: `changed Dockerfile`."""
    return [f"{verb} {printable(name)}" for verb, names in _verbs(difference) for name in names]


def _verbs(difference: Difference) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("changed", difference.changed),
        ("added", difference.added),
        ("removed", difference.removed),
    )


def definition(difference: Difference, since: str) -> str:
    """`arg ZINIT_VERSION 0.2.5 -> 0.2.14 since v27`."""
    return _since(map(printable, difference.definition), since)


def _since(parts: Iterable[str], version: str) -> str:
    return f"{'; '.join(parts)} since {revision(version)}"


def new(image: Image, since: Catalog) -> str:
    """Why an image has nothing to be compared with."""
    if image.folder in since.broken:
        return f"at {revision(since.revision)} its folder could not be read"
    return f"not there at {revision(since.revision)}"


_CAUSES: Final = {
    ReasonKind.FILES: "files of {} changed",
    ReasonKind.DEFINITION: "the definition of {} changed",
    ReasonKind.NEW: "{} is new",
    ReasonKind.FORCED: "{} is built by force",
    ReasonKind.BASE_MOVED: "the base of {} moved",
    ReasonKind.UNFINISHED: "{} was left unfinished",
}


def parent(cause: str, kind: ReasonKind | None) -> str:
    """What happened to the image at the end of the chain."""
    return _CAUSES.get(kind or ReasonKind.PARENT, "{} changed").format(cause)


def published(record: Record) -> str:
    """`already published as sha256:0123456789ab at v28`."""
    at = f" at {revision(record.version)}" if record.version else ""
    return f"already published as {short(record.digest)}{at}"


def promoted(record: Record) -> str:
    """A build that an earlier run did, and that only lacks its names."""
    return f"built and checked before as {short(record.digest)}"


def adopted(record: Record, since: str) -> str:
    """Published by something else, and nothing changed since."""
    return (
        f"published as {short(record.digest)} without a fingerprint; "
        f"nothing differs since {revision(since)}"
    )


def older_than_tags(record: Record) -> str:
    """Published by something else, nobody knows from what."""
    if record.created is None:
        return f"{short(record.digest)} has no fingerprint, and does not say when it was made"
    return (
        f"{short(record.digest)} has no fingerprint, and is older than any version tag "
        f"({record.created:%Y-%m-%d})"
    )


def stale(record: Record, current: str) -> str:
    """Another version is published than the tags let expect of the current one."""
    of = f"is of {revision(record.version)}" if record.version else "is another one"
    now, then = parse_version_tag(current), parse_version_tag(record.version or "")
    if now is None:
        return f"published image {of}, not of what {revision(current)} has"
    if then is not None and then > now:
        return f"published image {of}, which is newer"
    return f"published image {of}, an earlier run did not finish"


def nothing_published(image: Image) -> str:
    """The tags let expect an image that isn't there."""
    return f"nothing is published as {image.published_as}, an earlier run did not finish"


def flist(image: Image, state: FlistState) -> str:
    """What is wrong with the flist of an image that is right."""
    if state is FlistState.UNLINKED:
        return f"{image.flist} does not lead to the flist of the published image"
    return "the published image has no flist"


def short(digest: str) -> str:
    """The digest with its first twelve digits."""
    algorithm, _, digits = digest.rpartition(":")
    return f"{algorithm}:{digits[:_DIGITS]}" if algorithm else digits[:_DIGITS]
