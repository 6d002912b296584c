"""The images of earlier releases that nothing makes any more; what was published of them stays."""

from __future__ import annotations

from dataclasses import dataclass

from tfimages_action.core.catalog.model import Catalog, Image
from tfimages_action.core.tags import parse_version_tag
from tfimages_action.core.tree import Revision
from tfimages_action.doors.planning.catalogs import Catalogs
from tfimages_action.doors.planning.revisions import Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """An image as the last release had it."""

    image: Image
    revision: Revision
    since: str
    """The release that has it no more."""


def retired_images(current: Catalog, sources: Sources, catalogs: Catalogs) -> tuple[Retired, ...]:
    """By name, what releases below the current one had; of what the clone lacks nobody is asked."""
    local = sources.local
    if local is None:
        return ()
    now = parse_version_tag(current.revision)
    below = sorted(
        tag
        for tag in map(parse_version_tag, sources.tags)
        if tag is not None and (now is None or tag < now) and local.commit_of(tag.text)
    )
    known = {image.name for image in current.images}
    found: dict[str, Retired] = {}
    since = current.revision
    for tag in reversed(below):
        revision = local.revision(tag.text)
        for image in catalogs.read_leniently(revision).images:
            if image.name not in known:
                known.add(image.name)
                found[image.name] = Retired(image=image, revision=revision, since=since)
        since = tag.text
    return tuple(found[name] for name in sorted(found))
