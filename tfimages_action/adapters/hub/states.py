"""What planning asks the Hub: is a content's flist there, do the stable names lead to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tfimages_action.adapters.hub import refusals
from tfimages_action.adapters.hub.answers import EntryType, Listed
from tfimages_action.adapters.hub.reading import HubReader
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.plan.rollback import Rollback
from tfimages_action.core.published import names
from tfimages_action.core.published.record import FlistState, Record, RecordAnswer, Unreadable
from tfimages_action.errors import HubError


def flist_states(
    hub: HubReader, user: str, published: Iterable[tuple[Image, str]], *, links: bool = True
) -> dict[str, FlistState]:
    """The state of each (image, digest), by the image's name; one listing answers for all.

    `links`: the stable names are links (`flist-layout: links`); else any file under them counts.
    """
    pairs = list(published)
    try:
        listing = hub.listing(user) or ()
    except HubError:
        return {image.name: FlistState.UNKNOWN for image, _ in pairs}
    there = {entry.name: entry for entry in listing}
    return {image.name: _state(user, image, digest, there, links=links) for image, digest in pairs}


def vm_record(hub: HubReader, user: str, image: Image) -> RecordAnswer:
    """A full VM's record, as its upload's metadata has it; `None`: certainly not published."""
    try:
        metadata = hub.metadata(user, image.flist)
    except HubError as error:
        return Unreadable(cause=error.message, cure=error.hint)
    if metadata is None:
        return None

    def field(name: str) -> str | None:
        value = metadata.get(name)
        return value if isinstance(value, str) and value else None

    return Record(
        digest=field("digest") or "",
        fingerprint=field("fingerprint"),
        version=field("version"),
        revision=field("revision"),
    )


def vm_rollbacks(hub: HubReader, user: str, images: Iterable[Image]) -> dict[str, Rollback]:
    """The rollbacks of full VMs in force: the stable name serves what its mark serves.

    A Hub that does not answer has none: the release then moves the name, as it says.
    """
    try:
        there = [entry.name for entry in hub.listing(user) or ()]
        found = {image.name: _rollback(hub, user, image, there) for image in images}
    except HubError:
        return {}
    return {name: rollback for name, rollback in found.items() if rollback}


def _rollback(hub: HubReader, user: str, image: Image, there: list[str]) -> Rollback | None:
    for since in names.rollback_flist_marks(image, there):
        stable = hub.light(user, image.flist)
        mark = hub.light(user, names.rolled_back_flist(image, since))
        if stable is None or mark is None or stable.md5 is None or stable.md5 != mark.md5:
            continue
        served = vm_record(hub, user, image)
        return Rollback(
            since=since,
            serves=(served.version or "") if isinstance(served, Record) else "",
            released=_released(hub, user, image, there),
        )
    return None


def _released(hub: HubReader, user: str, image: Image, there: list[str]) -> Record | None:
    """What a release of this very source left under its own name, the greatest first."""
    for flist in names.release_flists(image, there):
        record = vm_record(hub, user, replace(image, flist=flist))
        if isinstance(record, Record) and record.fingerprint == image.fingerprint:
            return record
    return None


def _state(
    user: str, image: Image, digest: str, there: dict[str, Listed], *, links: bool
) -> FlistState:
    content = names.content_flist(image, digest)
    if content not in there or there[content].type is not EntryType.REGULAR:
        return FlistState.ABSENT
    stable = there.get(image.flist)
    if stable is None:
        return FlistState.UNLINKED
    if not links:
        return FlistState.READY
    leads = stable.target is not None and refusals.listed_target(user, stable.target)
    return FlistState.READY if leads == (user, content) else FlistState.UNLINKED
