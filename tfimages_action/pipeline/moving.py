"""Where a moving name stands, as the registry says it; and the deliberate way back."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from tfimages_action.core import names
from tfimages_action.core.catalog import Catalog, Image, Kind
from tfimages_action.core.names import BranchPush, Occasion, Release
from tfimages_action.core.record import Record
from tfimages_action.core.run import Flist
from tfimages_action.core.tags import VersionTag, parse_version_tag
from tfimages_action.core.work import Log
from tfimages_action.errors import RefusedError
from tfimages_action.pipeline.ports import Converter, Publisher


def moving_tags(images: Iterable[Image]) -> dict[str, frozenset[str]]:
    """By repository, the moving tags of all its images: none of them is a release's name."""
    tags: dict[str, set[str]] = {}
    for image in images:
        tags.setdefault(image.reference.name, set()).add(image.reference.tag or names.LATEST)
    return {name: frozenset(found) for name, found in tags.items()}


def published_version(
    publisher: Publisher,
    image: Image,
    occasion: Occasion,
    moving: frozenset[str],
    record: Record | None = None,
) -> VersionTag | None:
    """The greatest release whose name bears the moving name's digest; `None`: ours may move it.

    Only releases above this run's are asked for: one below changes nothing. Where a refresh had
    the moving name follow, no release's name bears the digest: its label says which it was.
    """
    if isinstance(occasion, BranchPush):
        return None
    listed = names.releases(image, publisher.tags(image.reference), moving=moving)
    above = [pair for pair in listed if pair[0] > occasion.version]
    served = publisher.digest(image.reference) if above else None
    if served is None:
        return None
    found = (version for version, name in above if publisher.digest(name) == served)
    return next(found, None) or _refreshed(publisher, image, served, record)


def _refreshed(
    publisher: Publisher, image: Image, served: str, record: Record | None
) -> VersionTag | None:
    if record is None or record.digest != served or not record.version:
        return None
    is_refresh = publisher.digest(names.refresh_reference(image)) == served
    return parse_version_tag(record.version) if is_refresh else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack:
    """Where the moving names of an image stand after `rollback`."""

    image: Image
    version: VersionTag
    digest: str | None
    flist: Flist | None


def rollback(
    catalog: Catalog,
    name: str,
    version: VersionTag,
    *,
    publisher: Publisher,
    converter: Converter | None,
    log: Log,
    stop: threading.Event,
) -> RolledBack:
    """Let an image's moving names go back to what a release had, flist first, tag last.

    `converter` is `None` where no flists are kept. The next greater release moves them forward
    again. Raises `RefusedError` for an image or a release that isn't there.
    """
    image = catalog.find(name)
    if image is None:
        known = ", ".join(other.name for other in catalog.images)
        raise RefusedError(f"there is no image {name!r}", hint=f"the images are: {known}")
    digest = None
    if image.kind is Kind.CONTAINER:
        digest = _released(publisher, catalog, image, version)
    flist = None
    if converter is not None:
        # Its own link, if it has none of the content: a VM's archive is in no registry.
        old = (
            names.content_flist(image, digest)
            if digest
            else names.occasion_flist(image, Release(version=version))
        )
        flist = converter.switch(
            image, Flist(name=old, address=""), (image.flist,), log=log, stop=stop
        )
    if digest is not None:
        source = image.reference.with_digest(digest)
        publisher.give_names(source, [image.reference], log=log)
    return RolledBack(image=image, version=version, digest=digest, flist=flist)


def _released(publisher: Publisher, catalog: Catalog, image: Image, version: VersionTag) -> str:
    moving = moving_tags(catalog.images)[image.reference.name]
    listed = names.releases(image, publisher.tags(image.reference), moving=moving)
    for found, reference in listed:
        digest = publisher.digest(reference) if found == version else None
        if digest is not None:
            return digest
    known = ", ".join(found.text for found, _ in listed) or "none"
    raise RefusedError(
        f"{image.name} has no release {version.text} in the registry",
        hint=f"its releases there are: {known}",
    )
