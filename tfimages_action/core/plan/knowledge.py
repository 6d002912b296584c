"""What a plan is decided from: catalogs, and what registry, Hub and event say. Values alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tfimages_action.core.catalog.fingerprint import PREFIX
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.plan.selection import Selection
from tfimages_action.core.published.record import FlistState, Record, RecordAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Force:
    """Why everything (that is selected) is built anew, and how a restarted run knows it was."""

    label: str
    """Goes into the force label: the tag, or the run's id."""
    detail: str
    """For a person: `v28a rebuilds all`, `force-all is set`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Everything a decision rests on. Mappings are by image name; what is absent is not known."""

    current: Catalog
    previous: Catalog | None = None
    """`None`: there is no previous version."""
    commit: str | None = None
    records: Mapping[str, RecordAnswer] = field(default_factory=dict)
    """What the registry answered; an image without an entry is planned by the tags alone."""
    baselines: Mapping[str, Catalog] = field(default_factory=dict)
    """For images published without our label (`needs_baseline`): the catalog of the newest tag
    not newer than the published image; no entry where it is older than any tag."""
    flists: Mapping[str, FlistState] = field(default_factory=dict)
    promotable: Mapping[str, Record] = field(default_factory=dict)
    """Images that are in the registry under another name, built from just this and checked."""
    moved_bases: Mapping[str, str] = field(default_factory=dict)
    """Images whose external base has another digest now; for a person, which and what."""
    left_behind: Mapping[str, Record] = field(default_factory=dict)
    """Of the images whose base moved: what a killed refresh built on today's and pushed."""
    rolled_back: Mapping[str, str] = field(default_factory=dict)
    """Images whose moving names this run leaves alone: the release they were taken back from."""
    remarks: Mapping[str, str] = field(default_factory=dict)
    """For a person, beside the reason: what a rollback makes of it."""
    force: Force | None = None
    selection: Selection = field(default_factory=Selection)


def needs_baseline(records: Mapping[str, RecordAnswer]) -> dict[str, Record]:
    """The images that are published without a fingerprint of this version."""
    return {
        name: record
        for name, record in records.items()
        if isinstance(record, Record) and not is_ours(record)
    }


def is_ours(record: Record) -> bool:
    """Whether it bears a fingerprint of this version."""
    return (record.fingerprint or "").startswith(PREFIX)
