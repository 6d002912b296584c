"""Make the plan: open the repository, find the revisions, read catalogs and records, decide."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tfimages_action.adapters.git.repository import GitRepository
from tfimages_action.core.catalog.builder import CatalogOptions
from tfimages_action.core.catalog.drafting import check_context_name
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.plan.decide import decide
from tfimages_action.core.plan.knowledge import Force, Knowledge
from tfimages_action.core.plan.model import Plan
from tfimages_action.core.plan.selection import Selection
from tfimages_action.core.plan.submodules import left_out_submodules
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.reference import ImageReference, ReferenceSyntaxError
from tfimages_action.core.tree import Revision
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.catalogs import Catalogs
from tfimages_action.doors.planning.revisions import Comparison, Sources, compare, last_release
from tfimages_action.errors import RevisionError, SettingsError

if TYPE_CHECKING:
    from tfimages_action.core.plan.preview import Outlook
    from tfimages_action.core.published.names import Refresh
    from tfimages_action.doors.planning.readers import Readers

_REMOTE_OWNER: Final = re.compile(r"github\.com[:/](?P<owner>[^/]+)/")
_REMOTE: Final = re.compile(
    r"(?:(?:https?|ssh|git)://)?(?:[^@/\s]+@)?(?P<host>[\w.-]+\.[a-z]+)(?::\d+/|[:/])/*"
    r"(?P<path>[^\s?#]+?)(?:\.git)?/*"
)
"""`https://user:token@host/path.git`, `git@host:path.git`; never a folder of this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan, and what a run of it needs to know beside it."""

    plan: Plan
    comparison: Comparison
    catalog: Catalog
    catalogs: Catalogs
    """What read it. Nobody asks for it: to free it value by value takes a tenth of a large plan's
    time, and a command that only looked ends with all of it in place (`terminal.main`)."""
    registry: str
    source: str = ""
    """The repository's page; empty where nobody can tell."""
    outlook: Outlook | None = None
    release: Plan | None = None
    """Of a preview: the plan of the next release, which the outlook counts."""
    refresh: Refresh | None = None
    """Of a refresh: what its results are published as."""


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


def source_of(event: Event, origin: str | None) -> str:
    """Tell the repository's page: GitHub says it, else where the clone came from, without a login.

    A package on GHCR hangs by it on its repository, whoever pushed it.
    """
    if event.repository:
        return f"{event.server_url}/{event.repository}"
    found = _REMOTE.fullmatch(origin or "")
    return f"https://{found['host']}/{found['path']}" if found else ""


def make_plan(
    settings: Settings,
    event: Event,
    sources: Sources,
    *,
    registry: str,
    published: Readers | None = None,
    worktree: Revision | None = None,
) -> Planned:
    """Decide what a run does with each image. Raises `RefusedError` and its kinds."""
    comparison = compare(settings, event, sources)
    if worktree is not None:
        comparison = _with_worktree(comparison, worktree, since=settings.previous)
    options = CatalogOptions(
        registry=registry,
        images_dir=settings.images_dir,
        overrides=overrides_of(settings),
    )
    reader = Catalogs(options)
    known = _known(settings, event, comparison, reader)
    if published is not None:
        # These three are imported where they are used: each plan would wait 2 to 10 ms for them.
        from tfimages_action.doors.planning.knowledge import with_published

        known = with_published(known, published, reader, sources, version=comparison.tag)
    refreshing = None
    if settings.mode == "refresh" and comparison.tag is not None:
        from tfimages_action.doors.planning.refreshing import with_refresh

        refreshing = with_refresh(known, published, comparison.tag, switch=settings.refresh_switch)
        known = refreshing.known
    plan, outlook, release = decide(known), None, None
    if comparison.alias_of:
        plan = replace(plan, problems=(_alias_problem(comparison), *plan.problems))
    if settings.mode == "preview":
        from tfimages_action.core.plan.preview import preview

        release = decide(replace(known, previous=_last_released(reader, sources)))
        plan, outlook = preview(plan, release)
    left_out = tuple(left_out_submodules(plan, comparison.current))
    plan = replace(plan, problems=(*sources.problems, *plan.problems, *left_out))
    return Planned(
        plan=refreshing.added_to(plan) if refreshing else plan,
        comparison=comparison,
        catalog=known.current,
        catalogs=reader,
        registry=registry,
        source=source_of(event, sources.origin),
        outlook=outlook,
        release=release,
        refresh=refreshing.occasion if refreshing else None,
    )


def _known(settings: Settings, event: Event, comparison: Comparison, reader: Catalogs) -> Knowledge:
    """What the two revisions and the inputs say, before anybody is asked."""
    current = reader.read(comparison.current)
    previous = reader.read_leniently(comparison.previous) if comparison.previous else None
    return Knowledge(
        current=current,
        previous=previous,
        commit=comparison.current.commit,
        force=_force(settings, event, comparison),
        selection=Selection(only=settings.only, descendants=settings.with_descendants),
    )


def _last_released(reader: Catalogs, sources: Sources) -> Catalog | None:
    """The last release's catalog, by its tag: a merge base may be the same commit."""
    last = last_release(sources)
    return replace(reader.read_leniently(sources.revision(last)), revision=last) if last else None


def _with_worktree(comparison: Comparison, worktree: Revision, *, since: str) -> Comparison:
    """What would my edit rebuild? The worktree against what was to be the current revision.

    `since` is what else it was asked to be compared with, if anything.
    """
    return Comparison(
        current=worktree, previous=comparison.previous if since else comparison.current
    )


def overrides_of(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Give the folders of this machine that replace stages or images, by the name they replace."""
    return tuple(_override(text) for text in settings.build_context)


def _override(text: str) -> tuple[str, str]:
    name, equals, folder = text.partition("=")
    if not (name and equals and folder):
        raise SettingsError(f"build-context is {text!r}", hint="it takes NAME=FOLDER")
    check_context_name(name)
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


def _alias_problem(comparison: Comparison) -> Problem:
    """Say that the tag only abbreviates another one."""
    return Problem(
        severity=Severity.NOTICE,
        message=f"{comparison.current.name} abbreviates {comparison.alias_of} on the same commit: "
        "an alias, for which a run does nothing",
    )
