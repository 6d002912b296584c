"""Where a moving name stands, as the registry says it; and the deliberate way back."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tfimages_action.core.catalog.model import Catalog, Image, no_such_image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.published import names
from tfimages_action.core.published.names import BranchPush, Occasion, Release
from tfimages_action.core.published.record import Record
from tfimages_action.core.reference import LATEST, ImageReference
from tfimages_action.core.run.report import Flist
from tfimages_action.core.run.work import Log
from tfimages_action.core.tags import VersionTag, parse_version_tag
from tfimages_action.errors import RefusedError, StageError
from tfimages_action.pipeline.ports import Converter, Publisher


def moving_tags(images: Iterable[Image]) -> dict[str, frozenset[str]]:
    """By repository, the moving tags of all its images: none of them is a release's name."""
    tags: dict[str, set[str]] = {}
    for image in images:
        tags.setdefault(image.reference.name, set()).add(image.reference.tag or LATEST)
    return {name: frozenset(found) for name, found in tags.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the moving name bears, as far as it keeps this run from moving it."""

    published: VersionTag | None = None
    """The greatest release above this run's whose name bears the moving name's digest."""
    rolled_back: VersionTag | None = None
    """The release, not below this run's, that the moving name was taken back from."""


def standing(
    publisher: Publisher,
    image: Image,
    occasion: Occasion,
    moving: frozenset[str],
    record: Record | None = None,
) -> Standing:
    """Where the moving name stands.

    Only what is not below this run's release is asked for: the rest changes nothing. Where a
    refresh had the moving name follow, no release's name bears the digest: its label says which
    it was.
    """
    if isinstance(occasion, BranchPush):
        return Standing()
    tags = publisher.tags(image.reference)
    above = [pair for pair in names.releases(image, tags, moving=moving)
             if pair[0] > occasion.version]  # fmt: skip
    marks = [mark for mark in names.rollback_marks(image, tags) if mark >= occasion.version]
    served = publisher.digest(image.reference) if above or marks else None
    if served is None:
        return Standing()
    found = (version for version, name in above if publisher.digest(name) == served)
    held = (
        mark
        for mark in marks
        if publisher.digest(names.rolled_back_reference(image, mark)) == served
    )
    published = next(found, None)
    if published is None and above:
        published = _refreshed(publisher, image, served, record)
    return Standing(published=published, rolled_back=next(held, None))


def _refreshed(
    publisher: Publisher, image: Image, served: str, record: Record | None
) -> VersionTag | None:
    if record is None or record.digest != served or not record.version:
        return None
    is_refresh = publisher.digest(names.refresh_reference(image)) == served
    return parse_version_tag(record.version) if is_refresh else None


def bears_another_build(
    publisher: Publisher, image: Image, name: ImageReference, digest: str
) -> bool:
    """Whether a release's name bears another build of just this source.

    It was built again since, by force or on newer bases, and the moving name followed; what the
    release was published as stays.
    """
    return publisher.digest(name) != digest and publisher.fingerprint(name) == image.fingerprint


def published_meanwhile(publisher: Publisher, image: Image) -> ImageReference:
    """An image pinned by its digest, of which the registry did not say a thing at planning.

    Planned by the tags alone it was taken for published. A child that is built on anything else
    would claim to stand on it, and nobody would ever build that child again.
    """
    digest = publisher.digest(image.reference)
    pinned = image.reference.with_digest(digest) if digest else None
    if pinned is None or publisher.fingerprint(pinned) != image.fingerprint:
        raise StageError(
            f"{image.reference} is not what {image.name} should be, though it was planned as "
            "published: the registry did not say what it has",
            hint="run it again: that plan will know",
        )
    return pinned


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack:
    """Where the moving names of an image stand after `rollback`."""

    image: Image
    version: VersionTag
    digest: str | None
    flist: Flist | None
    until_above: VersionTag | None
    """They stay there until a release above this one; `None`: nothing was above."""


def rollback(
    catalog: Catalog,
    name: str,
    version: VersionTag,
    *,
    known: Iterable[VersionTag],
    publisher: Publisher,
    converter: Converter | None,
    log: Log,
    stop: threading.Event,
) -> RolledBack:
    """Let an image's moving names go back to what a release had, flist first, tag last.

    `known` holds the repository's versions, `converter` is `None` where no flists are kept. A mark
    is set before the names move, by which they stay there until a release above all that there are
    now is published (core/plan/rollback.py). Raises `RefusedError` for an image or a release that
    isn't there.
    """
    image = _find(catalog, name)

    def switched(content: str, links: tuple[str, ...]) -> Flist | None:
        if converter is None:
            return None
        flist = Flist(name=content, address="")
        return converter.switch(image, flist, links, log=log, stop=stop)

    if image.kind is Kind.VM:
        since = _greatest(known, above=version)
        marks = (names.rolled_back_flist(image, since),) if since else ()
        # Its own link: a VM's archive is in no registry.
        old = names.occasion_flist(image, Release(version=version))
        flist = switched(old, (*marks, image.flist))
        return RolledBack(image=image, version=version, digest=None, flist=flist, until_above=since)
    moving = moving_tags(catalog.images)[image.reference.name]
    listed = names.releases(image, publisher.tags(image.reference), moving=moving)
    digest = _released(publisher, image, version, listed)
    since = _greatest((*known, *(found for found, _ in listed)), above=version)
    tags = [names.rolled_back_reference(image, since)] if since else []
    content = names.content_flist(image, digest)
    flist = switched(content, (image.flist,))
    source = image.reference.with_digest(digest)
    publisher.give_names(source, [*tags, image.reference], log=log)
    return RolledBack(image=image, version=version, digest=digest, flist=flist, until_above=since)


def _find(catalog: Catalog, name: str) -> Image:
    image = catalog.find(name)
    if image is None:
        raise no_such_image(name, catalog.images)
    return image


def _greatest(versions: Iterable[VersionTag], *, above: VersionTag) -> VersionTag | None:
    """The greatest release above one; a pre-release never has the moving names."""
    found = [one for one in versions if one > above and not one.is_prerelease]
    return max(found, default=None)


def _released(
    publisher: Publisher,
    image: Image,
    version: VersionTag,
    listed: Sequence[tuple[VersionTag, ImageReference]],
) -> str:
    for found, reference in listed:
        digest = publisher.digest(reference) if found == version else None
        if digest is not None:
            return digest
    there = ", ".join(found.text for found, _ in listed) or "none"
    raise RefusedError(
        f"{image.name} has no release {version.text} in the registry",
        hint=f"its releases there are: {there}",
    )
