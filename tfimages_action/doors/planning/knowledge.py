"""What is known beside the tags: what registry and Hub say is published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from tfimages_action.core.catalog.model import Catalog, Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.plan.knowledge import Knowledge, needs_baseline
from tfimages_action.core.plan.rollback import with_rollbacks
from tfimages_action.core.published.names import Release, fingerprint_reference, occasion_reference
from tfimages_action.core.published.record import FlistState, Record, RecordAnswer, Unreadable
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.tags import VersionTag, parse_version_tag
from tfimages_action.core.tree import Revision
from tfimages_action.doors.planning.catalogs import Catalogs
from tfimages_action.doors.planning.readers import Readers
from tfimages_action.doors.planning.revisions import Sources
from tfimages_action.doors.planning.rollbacks import read_rollbacks


def with_published(
    known: Knowledge,
    published: Readers,
    reader: Catalogs,
    sources: Sources,
    *,
    version: VersionTag | None,
) -> Knowledge:
    """Add what registry and Hub say. `version` is the release that the run is for."""
    images = known.current.images
    records = _records(images, published)
    # A forced run builds a release anew: what that was published as does not count.
    release = Release(version=version) if version and not known.force else None
    known = replace(
        known,
        records=records,
        baselines=_baselines(records, reader, sources),
        promotable=_promotable(_unsettled(known, records), published, release),
    )
    known = with_rollbacks(known, read_rollbacks(known, published), version)
    if published.flists is None:
        return known
    flists = published.flists(_wanted(images, known.records), images)
    return replace(known, flists=_as_rolled_back(flists, known))


def _wanted(images: Iterable[Image], records: Mapping[str, RecordAnswer]) -> dict[str, str]:
    """The digests of the images that are published as they are wanted."""
    return {
        image.name: record.digest
        for image in images
        if isinstance(record := records.get(image.name), Record)
        and record.fingerprint == image.fingerprint
    }


def _as_rolled_back(flists: Mapping[str, FlistState], known: Knowledge) -> dict[str, FlistState]:
    """Where a stable name was rolled back it leads elsewhere on purpose."""
    return {
        name: FlistState.READY
        if state is FlistState.UNLINKED and name in known.rolled_back
        else state
        for name, state in flists.items()
    }


def _records(images: Iterable[Image], published: Readers) -> dict[str, RecordAnswer]:
    found: dict[str, RecordAnswer] = {}
    containers = [image for image in images if image.kind is Kind.CONTAINER]
    if published.records is not None:
        answers = published.records(image.reference for image in containers)
        found |= {image.name: answers[image.reference] for image in containers}
    if published.archives is not None:
        found |= published.archives(image for image in images if image.kind is Kind.VM)
    return found


def _unsettled(known: Knowledge, records: Mapping[str, RecordAnswer]) -> tuple[Image, ...]:
    """Images whose moving name certainly bears something else than what is wanted.

    In a forced run it may bear that and be older: one that was killed may have left its builds
    under their fingerprints' names alone.
    """
    wanted = {} if known.force else _wanted(known.current.images, records)
    return tuple(
        image
        for image in known.current.images
        if image.kind is Kind.CONTAINER
        and image.name not in wanted
        and not isinstance(records.get(image.name), Unreadable)
    )


def _promotable(
    images: Sequence[Image], published: Readers, release: Release | None
) -> dict[str, Record]:
    """Images that stand in the registry, built from just this, under another name only.

    What a release was published as is its result for good, though its source was built again since.
    """
    if published.records is None or not images:
        return {}
    by_fingerprint = {image.name: fingerprint_reference(image) for image in images}
    by_release = {image.name: occasion_reference(image, release) for image in images if release}
    answers = published.records((*by_fingerprint.values(), *by_release.values()))

    def built(names: Mapping[str, ImageReference]) -> dict[str, Record]:
        return {
            image.name: answer
            for image in images
            if image.name in names
            and isinstance(answer := answers[names[image.name]], Record)
            and answer.fingerprint == image.fingerprint
        }

    return {**built(by_fingerprint), **built(by_release)}


def _baselines(
    records: Mapping[str, RecordAnswer], reader: Catalogs, sources: Sources
) -> dict[str, Catalog]:
    """For images that something else published: the newest version not newer than they are."""
    names = needs_baseline(records)
    if not names:
        return {}
    versions = tuple(_versions(sources))
    at_hand = cache(sources.at_hand)  # of GitHub each costs a request, and images ask for the same
    found: dict[str, Catalog] = {}
    for name, record in names.items():
        revision = _newest_before(versions, record.created, at_hand) if record.created else None
        if revision is not None:
            found[name] = reader.read_leniently(revision)
    return found


def _versions(sources: Sources) -> Iterable[VersionTag]:
    return sorted(tag for tag in map(parse_version_tag, sources.tags) if tag is not None)


def _newest_before(
    versions: Sequence[VersionTag], moment: datetime, at_hand: Callable[[str], Revision | None]
) -> Revision | None:
    """Find the newest release that is not newer than `moment`, by few questions.

    Releases are taken to be as old as their versions say; one made late on a side branch is at
    worst passed over for its neighbour, and the image then compared with that.
    """
    low, high = 0, len(versions)
    best: Revision | None = None
    while low < high:
        middle = (low + high) // 2
        revision = at_hand(versions[middle].text)
        if revision is not None and revision.created <= moment:
            best, low = revision, middle + 1
        else:
            high = middle
    return best
