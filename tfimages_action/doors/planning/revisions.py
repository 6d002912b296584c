"""Which two revisions a run compares: from the event, the inputs, and the tags there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.tags import (
    VersionTag,
    alias_of,
    newest_tag,
    parse_version_tag,
    previous_tag,
    require_version_tag,
)
from tfimages_action.core.tree import Revision
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.completed import CompletedRevision, LocalRevision
from tfimages_action.errors import GitHubError, RevisionError


class Repository(Protocol):
    """The repository, as local git or as GitHub sees it."""

    def tags(self) -> tuple[str, ...]: ...
    def commit_of(self, name: str) -> str | None: ...
    def revision(self, name: str) -> Revision: ...
    def merge_base(self, base: str, head: str) -> str | None: ...


class Remote(Repository, Protocol):
    """The repository as GitHub sees it."""

    def object_of(self, name: str) -> str | None: ...


class Clone(Repository, Protocol):
    """The repository as local git sees it."""

    @property
    def origin(self) -> str | None: ...
    @property
    def is_shallow(self) -> bool: ...
    def revision(self, name: str, *, commit: str | None = None) -> LocalRevision: ...
    def worktree(self) -> Revision: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The two revisions of a plan. `tag` is set where the current one is a release."""

    current: Revision
    previous: Revision | None
    tag: VersionTag | None = None
    alias_of: str | None = None
    """The pushed tag merely abbreviates this one: there is nothing to do."""

    @property
    def rebuilds_all(self) -> bool:
        return self.tag is not None and self.tag.rebuilds_all


class Sources:
    """Local git first (no request, nothing fetched), GitHub's API for what it lacks."""

    def __init__(self, *, local: Clone | None, remote: Remote | None) -> None:
        self.local = local
        self.remote = remote
        self.problems: tuple[Problem, ...] = ()
        """What a person should know of the answers."""

    @property
    def origin(self) -> str | None:
        """The URL that the clone came from."""
        return self.local.origin if self.local else None

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """All tags of the repository: GitHub's where it can be asked, else the clone's.

        Where GitHub does not answer, a clone that is whole does without it from then on.
        """
        if self.remote is not None:
            try:
                return self.remote.tags()
            except (GitHubError, RevisionError) as error:
                self._do_without(error)
        return self.local.tags() if self.local else ()

    def commit_of(self, name: str) -> str | None:
        """Tell the commit of a tag, as the side that named the tag sees it."""
        if self.remote is None:
            return self.local.commit_of(name) if self.local else None
        named = self.remote.object_of(name)
        # An annotated tag that the clone has too costs no request.
        at_hand = self.local.commit_of(named) if self.local and named else None
        return at_hand or self.remote.commit_of(name)

    def revision(self, name: str) -> Revision:
        """Find a revision. Raises `RevisionError` naming what mends it."""
        commit = self._commit_here(name)
        if self.local is not None and commit is not None:
            return self._completed(self.local.revision(name, commit=commit))
        if self.remote is not None:
            return self.remote.revision(name)
        if name == "HEAD":
            raise RevisionError(
                "there is no commit here yet", hint="git add --all && git commit, then again"
            )
        raise RevisionError(
            f"the revision {name!r} is not at hand",
            hint="check its spelling, or fetch it: `git fetch --tags` (in a job `fetch-depth: 0`, "
            "or `github-token` with `permissions: contents: read`)",
        )

    def at_hand(self, name: str) -> Revision | None:
        """Give a revision for comparison only: the clone's as it is, else GitHub's."""
        if self.local is not None and self.local.commit_of(name) is not None:
            return self._completed(self.local.revision(name))
        try:
            return self.remote.revision(name) if self.remote is not None else None
        except RevisionError:
            return None

    def merge_base(self, base: str, head: str) -> str:
        """Find the commit where two revisions parted."""
        for side in (self.local, self.remote):
            if side is not None and (found := side.merge_base(base, head)):
                return found
        raise RevisionError(
            f"git can't tell where {base[:12]} and {head[:12]} parted",
            hint="check out with `fetch-depth: 0`",
        )

    def _do_without(self, error: GitHubError | RevisionError) -> None:
        """Leave GitHub out for good, or raise the error: a shallow clone lacks too much."""
        if self.local is None or self.local.is_shallow:
            error.hint += "; or check out with `fetch-depth: 0`: then it is not needed"
            raise error
        self.remote = None
        self.problems += (
            Problem(
                severity=Severity.WARNING,
                message=f"{error.message}: planned by the tags of the clone",
                hint=f"{error.hint}; a tag moved or made since the checkout is not seen",
            ),
        )

    def _completed(self, found: LocalRevision) -> Revision:
        remote, commit = self.remote, found.commit
        if remote is None or commit is None:
            return found
        return CompletedRevision(found, lambda: remote.revision(commit))

    def _commit_here(self, name: str) -> str | None:
        """Tell the commit, if the clone has it: of a tag the one that GitHub says.

        The clone may know it without the tag, or by an older place of a tag moved by force.
        """
        if self.local is None:
            return None
        if self.remote is None or name not in self.tags:
            return self.local.commit_of(name)
        commit = self.commit_of(name)
        return self.local.commit_of(commit) if commit else None


def compare(settings: Settings, event: Event, sources: Sources) -> Comparison:
    """Find the two revisions that the event (or the inputs) ask for.

    Raises `TagError`, `RevisionError` or `GitHubError`.
    """
    settings = replace(settings, current=_name(settings.current), previous=_name(settings.previous))
    if settings.mode == "refresh":
        return _compare_tags(_to_refresh(settings, sources), settings, sources)
    if settings.current or not event.on_github:
        return _compare_named(settings, event, sources)
    if event.deletes:
        # What is checked out then is the default branch, which nobody pushed.
        raise RevisionError(
            f"this push deleted {event.ref_name}: there is nothing to plan",
            hint="let the job pass over such pushes: if: ${{ !github.event.deleted }}",
        )
    if event.is_tag:
        return _compare_tags(event.ref_name, settings, sources)
    if event.pull_request_commits:
        base, head = event.pull_request_commits
        return _pair(sources, head, settings.previous or sources.merge_base(base, head))
    if event.name == "push" and settings.compare == "event" and not settings.previous:
        before = event.before
        known = before is not None and _exists(sources, before)
        return _pair(sources, event.sha, before if known else last_release(sources))
    return _pair(sources, event.sha, settings.previous or last_release(sources))


def _name(given: str) -> str:
    """Of `refs/tags/v28` (`github.ref`) what people call it."""
    return given.removeprefix("refs/tags/").removeprefix("refs/heads/")


def _to_refresh(settings: Settings, sources: Sources) -> str:
    name = settings.current or last_release(sources)
    if name is None:
        raise RevisionError(
            "there is no release to refresh: no tag is a version",
            hint="push a version tag first, like v1; or drop the `schedule` trigger until then",
        )
    return name


def _compare_named(settings: Settings, event: Event, sources: Sources) -> Comparison:
    pushed = event.ref_name if event.is_tag and event.ref_name in sources.tags else ""
    name = settings.current or pushed or _tag_of_head(sources) or "HEAD"
    is_version = parse_version_tag(name) is not None
    if name in sources.tags and (is_version or not settings.previous):
        return _compare_tags(name, settings, sources)
    return _pair(sources, name, settings.previous or last_release(sources))


def _compare_tags(name: str, settings: Settings, sources: Sources) -> Comparison:
    tag = require_version_tag(name)
    previous = settings.previous or previous_tag(tag, sources.tags, sources.commit_of)
    return Comparison(
        current=sources.revision(name),
        previous=sources.revision(previous) if previous else None,
        tag=tag,
        alias_of=alias_of(tag, sources.tags, sources.commit_of),
    )


def _pair(sources: Sources, current: str, previous: str | None) -> Comparison:
    return Comparison(
        current=sources.revision(current),
        previous=sources.revision(previous) if previous else None,
    )


def last_release(sources: Sources) -> str | None:
    """Name the greatest version tag there is."""
    return newest_tag(sources.tags, sources.commit_of)


def _tag_of_head(sources: Sources) -> str | None:
    """Name the greatest version tag on the commit that is checked out, aliases left out."""
    if sources.local is None:
        return None
    head = sources.local.commit_of("HEAD")
    here = [
        tag
        for tag in map(parse_version_tag, sources.tags)
        if tag is not None and sources.local.commit_of(tag.text) == head
    ]
    here = [tag for tag in here if alias_of(tag, sources.tags, sources.local.commit_of) is None]
    return max(here).text if here else None


def _exists(sources: Sources, commit: str) -> bool:
    """Whether a commit can still be found: a force push may have left it behind.

    Raises `GitHubError` where nobody can tell: absent is not unreachable.
    """
    try:
        sources.revision(commit)
    except RevisionError:
        return False
    return True
