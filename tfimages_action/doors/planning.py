"""Make the plan: open the repository, find the revisions, read catalogs and records, decide."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from tfimages_action.adapters.git import GitRepository
from tfimages_action.core.catalog import Catalog, Image, Kind, Problem, Severity
from tfimages_action.core.catalog_builder import CatalogOptions, build_catalog
from tfimages_action.core.decide import Force, Knowledge, decide, needs_baseline
from tfimages_action.core.memo import Memo
from tfimages_action.core.names import BranchPush, Occasion, Release, fingerprint_reference
from tfimages_action.core.plan import Plan
from tfimages_action.core.record import FlistState, Record, RecordAnswer
from tfimages_action.core.reference import ImageReference, ReferenceSyntaxError
from tfimages_action.core.selection import Selection
from tfimages_action.core.tags import VersionTag, parse_version_tag
from tfimages_action.core.tree import Revision
from tfimages_action.doors.event import Event
from tfimages_action.doors.revisions import Comparison, Sources, compare
from tfimages_action.doors.settings import Settings
from tfimages_action.errors import RevisionError, SettingsError

_REMOTE_OWNER: Final = re.compile(r"github\.com[:/](?P<owner>[^/]+)/")

ReadRecords = Callable[[Iterable[ImageReference]], Mapping[ImageReference, RecordAnswer]]
ReadArchives = Callable[[Iterable[Image]], Mapping[str, RecordAnswer]]
ReadFlists = Callable[[Mapping[str, str], Iterable[Image]], Mapping[str, FlistState]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Whom to ask for what is published. `None`: not asked, the tags decide alone."""

    records: ReadRecords | None = None
    archives: ReadArchives | None = None
    """The records of full VMs, which the Hub keeps, by image name."""
    flists: ReadFlists | None = None
    """What the Hub has of images: (digest by image name, images) to states by image name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan, and what a run of it needs to know beside it."""

    plan: Plan
    comparison: Comparison
    catalog: Catalog
    registry: str


def open_sources(settings: Settings, event: Event) -> Sources:
    """Open the clone where there is one, and GitHub where the run is there."""
    try:
        local = GitRepository(event.workspace)
    except RevisionError:
        if not event.on_github:
            raise
        local = None
    if not (event.on_github and event.repository):
        return Sources(local=local, remote=None)
    from tfimages_action.adapters.github import GitHubRepository

    remote = GitHubRepository(
        api_url=event.api_url, repository=event.repository, token=settings.github_token or None
    )
    return Sources(local=local, remote=remote)


def registry_of(settings: Settings, event: Event, origin: str | None) -> str:
    """Tell registry and namespace: as set, or GHCR's of the repository's owner, in lower case."""
    registry = settings.registry.strip().rstrip("/").lower()
    if not registry:
        found = _REMOTE_OWNER.search(origin or "")
        owner = event.owner or (found["owner"] if found else "")
        if not owner:
            raise SettingsError(
                "no registry is named", hint="give --registry, like ghcr.io/your-name"
            )
        registry = f"ghcr.io/{owner.lower()}"
    try:
        ImageReference.parse(f"{registry}/image")
    except ReferenceSyntaxError as error:
        raise SettingsError(
            f"registry is {settings.registry!r}",
            hint="it takes a host and a namespace, like ghcr.io/your-name or 127.0.0.1:5000/me",
        ) from error
    return registry


def make_plan(
    settings: Settings,
    event: Event,
    sources: Sources,
    *,
    registry: str,
    published: Published | None = None,
    worktree: Revision | None = None,
) -> Planned:
    """Decide what a run does with each image. Raises `RefusedError` and its kinds."""
    comparison = compare(settings, event, sources)
    if worktree is not None:
        comparison = _with_worktree(comparison, worktree)
    options = CatalogOptions(
        registry=registry,
        images_dir=settings.images_dir,
        overrides=overrides_of(settings),
    )
    reader = _Catalogs(options)
    current = reader.read(comparison.current)
    previous = reader.read_leniently(comparison.previous) if comparison.previous else None
    known = Knowledge(
        current=current,
        previous=previous,
        commit=comparison.current.commit,
        force=_force(settings, event, comparison),
        selection=Selection(only=settings.only, descendants=settings.with_descendants),
    )
    if published is not None:
        known = _with_published(known, published, reader, sources)
    return Planned(
        plan=decide(known), comparison=comparison, catalog=current, registry=options.registry
    )


def occasion_of(comparison: Comparison, event: Event) -> Occasion:
    """Tell what the run publishes for: a release, or a branch's push."""
    if comparison.tag is not None:
        return Release(version=comparison.tag)
    default = (event.payload.get("repository") or {}).get("default_branch", "")
    branch = event.ref_name or comparison.current.name
    commit = comparison.current.commit
    if commit is None:
        # Never pushed (`Request.worktree` demands that): a name for flists made here.
        return BranchPush(branch="worktree", commit="edited")
    return BranchPush(branch=branch, commit=commit, trunk=bool(default) and branch == default)


class _Catalogs:
    """Catalogs of several revisions; what they share is read once."""

    def __init__(self, options: CatalogOptions) -> None:
        self._options = options
        self._memo = Memo()
        self._by_commit: dict[str, Catalog] = {}

    def read(self, revision: Revision) -> Catalog:
        return build_catalog(revision, self._options, memo=self._memo)

    def read_leniently(self, revision: Revision) -> Catalog:
        """Read an older revision, whose mistakes nobody can mend any more."""
        key = revision.commit or revision.name
        if key not in self._by_commit:
            self._by_commit[key] = build_catalog(
                revision, self._options, memo=self._memo, lenient=True
            )
        return self._by_commit[key]


def _with_worktree(comparison: Comparison, worktree: Revision) -> Comparison:
    """What would my edit rebuild? The worktree against what was to be the current revision."""
    return Comparison(current=worktree, previous=comparison.current)


def overrides_of(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Give the folders of this machine that replace stages or images, by the name they replace."""
    return tuple(_override(text) for text in settings.build_context)


def _override(text: str) -> tuple[str, str]:
    name, equals, folder = text.partition("=")
    if not (name and equals and folder):
        raise SettingsError(f"build-context is {text!r}", hint="it takes NAME=FOLDER")
    if not Path(folder).is_dir():
        raise SettingsError(f"build-context {name}: there is no folder {folder}")
    return name, str(Path(folder).resolve())


def _force(settings: Settings, event: Event, comparison: Comparison) -> Force | None:
    if comparison.rebuilds_all and comparison.tag is not None:
        tag = comparison.tag.text
        return Force(label=tag, detail=f"the trailing letter of {tag} rebuilds all")
    if settings.force_all:
        return Force(label=event.run_id or comparison.current.name, detail="force-all is set")
    return None


def _with_published(
    known: Knowledge, published: Published, reader: _Catalogs, sources: Sources
) -> Knowledge:
    """Add what registry and Hub say."""
    images = known.current.images
    records = _records(images, published)
    wanted = {
        image.name: record.digest
        for image in images
        if isinstance(record := records.get(image.name), Record)
        and record.fingerprint == image.fingerprint
    }
    return replace(
        known,
        records=records,
        baselines=_baselines(records, reader, sources),
        # A forced run that was killed may have left its builds under their fingerprints' names
        # while the moving names still bear older ones of the same fingerprints.
        promotable=_promotable(images, {} if known.force else wanted, published),
        flists=published.flists(wanted, images) if published.flists else {},
    )


def _records(images: Iterable[Image], published: Published) -> dict[str, RecordAnswer]:
    found: dict[str, RecordAnswer] = {}
    containers = [image for image in images if image.kind is Kind.CONTAINER]
    if published.records is not None:
        answers = published.records(image.reference for image in containers)
        found |= {image.name: answers[image.reference] for image in containers}
    if published.archives is not None:
        found |= published.archives(image for image in images if image.kind is Kind.VM)
    return found


def _promotable(
    images: Iterable[Image], wanted: Mapping[str, str], published: Published
) -> dict[str, Record]:
    """Images that stand in the registry under their fingerprint's name only."""
    if published.records is None:
        return {}
    names = {
        image.name: fingerprint_reference(image)
        for image in images
        if image.kind is Kind.CONTAINER and image.name not in wanted
    }
    answers = published.records(names.values())
    return {
        image.name: answer
        for image in images
        if image.name in names
        and isinstance(answer := answers[names[image.name]], Record)
        and answer.fingerprint == image.fingerprint
    }


def _baselines(
    records: Mapping[str, RecordAnswer], reader: _Catalogs, sources: Sources
) -> dict[str, Catalog]:
    """For images that something else published: the newest version not newer than they are."""
    names = needs_baseline(records)
    if not names:
        return {}
    versions = tuple(_versions(sources))
    found: dict[str, Catalog] = {}
    for name, record in names.items():
        revision = _newest_before(versions, record.created, sources) if record.created else None
        if revision is not None:
            found[name] = reader.read_leniently(revision)
    return found


def _versions(sources: Sources) -> Iterable[VersionTag]:
    return sorted(tag for tag in map(parse_version_tag, sources.tags) if tag is not None)


def _newest_before(
    versions: Sequence[VersionTag], moment: datetime, sources: Sources
) -> Revision | None:
    """Find the newest release that is not newer than `moment`, by few questions.

    Releases are taken to be as old as their versions say; one made late on a side branch is at
    worst passed over for its neighbour, and the image then compared with that.
    """
    low, high = 0, len(versions)
    best: Revision | None = None
    while low < high:
        middle = (low + high) // 2
        revision = sources.at_hand(versions[middle].text)
        if revision is not None and revision.created <= moment:
            best, low = revision, middle + 1
        else:
            high = middle
    return best


def alias_problem(comparison: Comparison) -> Problem | None:
    """Say that the pushed tag only abbreviates another one."""
    if comparison.alias_of is None or comparison.tag is None:
        return None
    return Problem(
        severity=Severity.NOTICE,
        message=f"{comparison.tag.text} abbreviates {comparison.alias_of} on the same commit: "
        "an alias, there is nothing to plan",
    )
