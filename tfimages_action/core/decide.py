"""Decide what a run does with each image, and say why. Pure: all that is known comes as data.

The tags say what changed since the previous version; the records say what is really published.
Where both speak the records win: a wanted image that is there is done, one that isn't is built,
whatever the tags show. Where the registry did not answer, the tags decide alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from tfimages_action.core import wording
from tfimages_action.core.catalog import Catalog, Image, Problem, Severity
from tfimages_action.core.fingerprint import PREFIX, Difference, compare
from tfimages_action.core.graph import waves
from tfimages_action.core.plan import Action, Plan, Reason, ReasonKind, Step
from tfimages_action.core.record import FlistState, Record, RecordAnswer, Unreadable
from tfimages_action.core.selection import Selection, matched, needed

_REBUILT_ANYWAY: Final = frozenset({ReasonKind.FORCED, ReasonKind.BASE_MOVED})
"""Builds that take in software updates: what was built before, of the same files, won't do."""


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
        if isinstance(record, Record) and not _is_ours(record)
    }


def decide(known: Knowledge) -> Plan:
    """Make the plan. Raises `SettingsError` where the selection names no image."""
    chosen = matched(known.selection, known.current)
    steps = _Decider(known, chosen).steps()
    also = needed(chosen, steps)
    wanted = chosen | also
    steps = tuple(s if s.image.name in wanted else _not_selected(s) for s in steps)
    names = {image.name for image in known.current.images}
    before = known.previous.images if known.previous else ()
    return Plan(
        current=known.current.revision,
        previous=known.previous.revision if known.previous else None,
        steps=steps,
        waves=waves(
            {step.image.name: step.image.parent_names for step in steps},
            {step.image.name for step in steps if step.action is Action.BUILD},
        ),
        retired=tuple(sorted({image.name for image in before} - names)),
        problems=(
            *known.current.problems,
            *_unreadable(known),
            *_unanswered(known),
            *_pulled_in(also),
        ),
        commit=known.commit,
        force=known.force.label if known.force else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """What was found out about one image, on its own account and through its parents."""

    kind: ReasonKind
    detail: str
    chain: tuple[str, ...]
    done: bool = False
    """Nothing is left to build; the chain, if it leads anywhere, says what the tags show."""


class _Decider:
    """One pass in build order, so that parents are decided before their children."""

    def __init__(self, known: Knowledge, chosen: frozenset[str]) -> None:
        self._known = known
        self._chosen = chosen
        self._before = _by_name(known.previous)
        self._baselines: dict[int, dict[str, Image]] = {}
        self._found: dict[str, _Finding] = {}
        self._taken: set[str] = set()

    def steps(self) -> tuple[Step, ...]:
        """One step per image, in build order."""
        return tuple(self._remarked(image) for image in self._known.current.images)

    def _remarked(self, image: Image) -> Step:
        step, remark = self._step(image), self._known.remarks.get(image.name)
        if remark is None:
            return step
        reason = replace(step.reason, detail=f"{step.reason.detail}; {remark}")
        return replace(step, reason=reason, rolled_back=self._known.rolled_back.get(image.name, ""))

    def _step(self, image: Image) -> Step:
        finding = self._found[image.name] = self._find(image)
        answer = self._known.records.get(image.name)
        record = answer if isinstance(answer, Record) else None
        if finding.done:
            reason = Reason(kind=finding.kind, detail=finding.detail, chain=(image.name,))
            return self._finished(image, reason, record)
        reason = Reason(kind=finding.kind, detail=finding.detail, chain=finding.chain)
        left = self._known.left_behind.get(image.name)
        if left is not None and self._may_take(image, finding):
            self._taken.add(image.name)
            detail = f"{wording.promoted(left)}; {finding.detail}"
            reason = replace(reason, detail=detail)
            return Step(image=image, action=Action.CONVERT, reason=reason, record=left)
        built = self._known.promotable.get(image.name)
        if built is not None and self._may_promote(finding, built):
            detail = f"{wording.promoted(built)}; {finding.detail}"
            reason = Reason(kind=ReasonKind.PROMOTED, detail=detail, chain=(image.name,))
            return Step(image=image, action=Action.CONVERT, reason=reason, record=built)
        return Step(image=image, action=Action.BUILD, reason=reason, record=record)

    def _may_take(self, image: Image, finding: _Finding) -> bool:
        """A killed refresh's build, on exactly those parents that this run takes from it too."""
        return finding.kind is ReasonKind.BASE_MOVED and all(
            parent in self._taken
            for parent in image.parent_names
            if self._found[parent].kind is ReasonKind.BASE_MOVED
        )

    def _may_promote(self, finding: _Finding, built: Record) -> bool:
        if finding.kind not in _REBUILT_ANYWAY:
            return True
        # This very run built it, and was killed before it could name it.
        force = self._known.force
        return (
            finding.kind is ReasonKind.FORCED and force is not None and built.force == force.label
        )

    def _finished(self, image: Image, reason: Reason, record: Record | None) -> Step:
        state = self._known.flists.get(image.name, FlistState.UNKNOWN)
        action = Action.SKIP
        if record is not None and state in {FlistState.ABSENT, FlistState.UNLINKED}:
            action = Action.CONVERT
            detail = wording.flist(image, state)
            reason = Reason(kind=ReasonKind.FLIST, detail=detail, chain=(image.name,))
        return Step(image=image, action=action, reason=reason, record=record)

    def _find(self, image: Image) -> _Finding:
        forced = self._forced(image)
        if forced is not None and not forced.done:
            return forced
        return self._moved(image) or forced or self._by_record(image)

    def _forced(self, image: Image) -> _Finding | None:
        force = self._known.force
        if force is None or image.name not in self._chosen:
            return None
        record = _wanted(image, self._known.records.get(image.name))
        if record is not None and record.force == force.label:
            detail = f"{wording.published(record)}, rebuilt for {force.label}"
            return _own(image, ReasonKind.UP_TO_DATE, detail, done=True)
        return _own(image, ReasonKind.FORCED, force.detail)

    def _moved(self, image: Image) -> _Finding | None:
        if not self._known.moved_bases:
            return None
        answer = self._known.records.get(image.name, _NOT_ASKED)
        if not isinstance(answer, Unreadable) and _wanted(image, answer) is None:
            return None  # what the release itself still lacks comes first
        detail = self._known.moved_bases.get(image.name)
        if detail is not None:
            return _own(image, ReasonKind.BASE_MOVED, detail)
        rebuilt = {
            parent: self._found[parent]
            for parent in image.parent_names
            if self._found[parent].kind is ReasonKind.BASE_MOVED
        }
        return self._through(image, ReasonKind.BASE_MOVED, rebuilt) if rebuilt else None

    def _by_record(self, image: Image) -> _Finding:
        """What is published decides; what the tags show says why."""
        answer = self._known.records.get(image.name, _NOT_ASKED)
        finding = self._by_tags(image, self._before, self._known.previous)
        if record := _wanted(image, answer):
            detail = wording.published(record)
            return replace(finding, kind=ReasonKind.UP_TO_DATE, detail=detail, done=True)
        if isinstance(answer, Record) and not _is_ours(answer):
            return self._adopt(image, answer)
        old = self._before.get(image.name)
        if isinstance(answer, Unreadable) or old is None or old.fingerprint != image.fingerprint:
            return finding
        lost = wording.nothing_published(image) if answer is None else wording.stale(answer)
        return _own(image, ReasonKind.UNFINISHED, lost)

    def _adopt(self, image: Image, record: Record) -> _Finding:
        """Published by something else: all that we know is when."""
        baseline = self._known.baselines.get(image.name)
        if baseline is None:
            return _own(image, ReasonKind.FIRST, wording.older_than_tags(record))
        by_name = self._baselines.setdefault(id(baseline), _by_name(baseline))
        finding = self._by_tags(image, by_name, baseline)
        if not finding.done:
            return finding
        detail = wording.adopted(record, baseline.revision)
        return _own(image, ReasonKind.ADOPTED, detail, done=True)

    def _by_tags(
        self, image: Image, before: Mapping[str, Image], catalog: Catalog | None
    ) -> _Finding:
        """What differs since another version, or else whether a parent is built."""
        if catalog is None:
            return _own(image, ReasonKind.FIRST, "there is no previous version to compare with")
        since = catalog.revision
        old = before.get(image.name)
        if old is None:
            return _own(image, ReasonKind.NEW, wording.new(image, catalog))
        if old.fingerprint != image.fingerprint:
            return self._by_parts(image, compare(old.ingredients, image.ingredients), since)
        rebuilt = {
            parent: self._found[parent]
            for parent in image.parent_names
            if not self._found[parent].done
        }
        if rebuilt:
            return self._through(image, ReasonKind.PARENT, rebuilt)
        return _own(
            image,
            ReasonKind.UP_TO_DATE,
            f"nothing differs since {wording.revision(since)}",
            done=True,
        )

    def _by_parts(self, image: Image, difference: Difference, since: str) -> _Finding:
        if difference.files:
            return _own(image, ReasonKind.FILES, wording.files(difference, since))
        if difference.definition or not difference.parents:
            return _own(image, ReasonKind.DEFINITION, wording.definition(difference, since))
        changed = {name: self._found.get(name) for name in difference.parents}
        return self._through(image, ReasonKind.PARENT, changed)

    def _through(
        self, image: Image, kind: ReasonKind, parents: Mapping[str, _Finding | None]
    ) -> _Finding:
        """The shortest way to a cause, then the first by names."""
        ways = {name: finding.chain if finding else (name,) for name, finding in parents.items()}
        parent = min(ways, key=lambda name: (len(ways[name]), ways[name]))
        cause = self._found.get(ways[parent][-1])
        detail = wording.parent(ways[parent][-1], cause.kind if cause else None)
        return _Finding(kind=kind, detail=detail, chain=(image.name, *ways[parent]))


_NOT_ASKED: Final = Unreadable(cause="")


def _own(image: Image, kind: ReasonKind, detail: str, *, done: bool = False) -> _Finding:
    return _Finding(kind=kind, detail=detail, chain=(image.name,), done=done)


def _by_name(catalog: Catalog | None) -> dict[str, Image]:
    return {image.name: image for image in catalog.images} if catalog else {}


def _is_ours(record: Record) -> bool:
    return (record.fingerprint or "").startswith(PREFIX)


def _wanted(image: Image, answer: RecordAnswer) -> Record | None:
    """The record, if it is of just this image."""
    if isinstance(answer, Record) and answer.fingerprint == image.fingerprint:
        return answer
    return None


def _not_selected(step: Step) -> Step:
    if step.action is Action.SKIP:
        return step
    reason = Reason(
        kind=ReasonKind.NOT_SELECTED,
        detail=f"not selected, though to {step.action}: {step.reason.detail}",
        chain=(step.image.name,),
    )
    return replace(step, action=Action.SKIP, reason=reason)


def _unreadable(known: Knowledge) -> Iterator[Problem]:
    """A warning where the registry did not answer, one per cause."""
    causes: dict[str, list[str]] = {}
    for name, answer in known.records.items():
        if isinstance(answer, Unreadable):
            causes.setdefault(answer.cause, []).append(name)
    for cause, names in causes.items():
        yield Problem(
            severity=Severity.WARNING,
            message=f"the registry did not say what is published of {wording.some(names)}: {cause}",
            hint="planned by the tags alone: what an earlier run left undone is not seen",
        )


def _unanswered(known: Knowledge) -> Iterator[Problem]:
    names = [name for name, state in known.flists.items() if state is FlistState.UNKNOWN]
    if names:
        yield Problem(
            severity=Severity.WARNING,
            message=f"the Hub did not say which flists it has of {wording.some(names)}",
            hint="planned by the images alone: a missing flist is not seen",
        )


def _pulled_in(names: frozenset[str]) -> Iterator[Problem]:
    if names:
        yield Problem(
            severity=Severity.NOTICE,
            message=f"{wording.some(sorted(names))} too: selected images are built on what "
            "is not published yet",
        )
