"""`tfimages verify`: does an address still serve what the publishing run proved? Needs no token."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from tfimages_action.core import flist_name
from tfimages_action.core.published import flist_record
from tfimages_action.core.reference import ImageReference, ReferenceSyntaxError
from tfimages_action.doors.hub.done import Done
from tfimages_action.errors import SettingsError, StageError

if TYPE_CHECKING:
    from tfimages_action.adapters.hub.public import PublishedFlist
    from tfimages_action.core.published.flist_record import FlistRecord

_CONTENT: Final = re.compile(r"-([0-9a-f]{12})" + re.escape(flist_name.SUFFIX))


def verify(address: str, *, base: str, root: str | None = None, image: str | None = None) -> Done:
    """Read a published flist whole, and hold it against a root, or the one recorded for `image`.

    Raises `StageError` unless it is just that.
    """
    from tfimages_action.adapters.hub.public import read_published

    found = read_published(address, base=base)
    data: dict[str, object] = asdict(found)
    text = f"{found.merkle_root}  {address}  ({found.entries} entries, md5 {found.md5})"
    if image is not None:
        record, place = _recorded(image, found)
        _expect(found, record.root, f"{record.root} was recorded in {place}")
        data["record"] = asdict(record)
        by = f" by {record.version}" if record.version else ""
        text = f"{text}: as recorded{by} in {place}"
    if root is not None:
        _expect(found, root, f"not {root}")
        text = f"{text}: as given"
    return Done(text=text, data=data)


def _expect(found: PublishedFlist, root: str, otherwise: str) -> None:
    if found.merkle_root != root:
        raise StageError(
            f"{found.address} is another flist: its root is {found.merkle_root}, {otherwise}",
            hint="the address was switched since, or someone else overwrote it",
        )


def _recorded(image: str, found: PublishedFlist) -> tuple[FlistRecord, ImageReference]:
    """What the registry has on the image's flist, and where; asked without credentials."""
    from tfimages_action.adapters.registry.client import RegistryClient
    from tfimages_action.adapters.registry.flist_records import read_flist_record

    client, reference = RegistryClient(), _parsed(image)
    digest = reference.digest or client.digest(reference)
    if digest is not None:
        place = flist_record.place(reference, digest)
    else:
        # A full VM stands in no registry: its content name tells which record to look for.
        named = _CONTENT.search(found.content)
        if named is None:
            raise StageError(
                f"{image} is not in the registry, and {found.content} names no content",
                hint="give the image by the name that the flist was published for",
            )
        place = flist_record.place_by_digits(reference, named[1])
    record = read_flist_record(client, place)
    if record is None:
        raise StageError(
            f"no root is recorded in {place}",
            hint="it was published before roots were recorded, without `verify: full`, or for "
            "another image",
        )
    if digest is not None and record.digest != digest:
        raise StageError(f"{place} is a record of {record.digest}, not of {digest}")
    return record, place


def _parsed(image: str) -> ImageReference:
    try:
        return ImageReference.parse(image)
    except ReferenceSyntaxError as error:
        raise SettingsError(str(error), hint="--image takes REGISTRY/NAME[:TAG]") from error
