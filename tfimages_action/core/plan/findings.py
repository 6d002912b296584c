"""Why an image is built, or that it needs no build.

The tags say what changed since the previous version; the records say what is really published.
Where both speak the records win: a wanted image that is there is done, one that isn't is built,
whatever the tags show. Where the registry did not answer, the tags decide alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tfimages_action.core.catalog.fingerprint import Difference, compare
from tfimages_action.core.catalog.model import Catalog, Image
from tfimages_action.core.plan import wording
from tfimages_action.core.plan.knowledge import Knowledge, is_ours
from tfimages_action.core.plan.model import Evidence, Reason, ReasonKind
from tfimages_action.core.published.record import Record, RecordAnswer, Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found out about one image, on its own account and through its parents."""

    reason: Reason
    done: bool = False
    """Nothing is left to build; the chain, if it leads anywhere, says what the tags show."""

    @property
    def kind(self) -> ReasonKind:
        return self.reason.kind

    @property
    def chain(self) -> tuple[str, ...]:
        return self.reason.chain


class Findings:
    """One finding per image, asked for in build order: a child's rests on its parents'."""

    def __init__(self, known: Knowledge, chosen: frozenset[str]) -> None:
        self.found: dict[str, Finding] = {}
        self._known = known
        self._chosen = chosen
        self._before = _by_name(known.previous)
        self._baselines: dict[int, dict[str, Image]] = {}

    def find(self, image: Image) -> Finding:
        """Why this image is built, or that it is done; its parents were asked for before it."""
        finding = self._forced(image)
        if finding is None or finding.done:
            finding = self._moved(image) or finding or self._by_record(image)
        self.found[image.name] = finding
        return finding

    def _forced(self, image: Image) -> Finding | None:
        force = self._known.force
        if force is None or image.name not in self._chosen:
            return None
        record = _wanted(image, self._known.records.get(image.name))
        if record is not None and record.force == force.label:
            detail = f"{wording.published(record)}, rebuilt for {force.label}"
            return _own(image, ReasonKind.UP_TO_DATE, detail, done=True)
        return _own(image, ReasonKind.FORCED, force.detail)

    def _moved(self, image: Image) -> Finding | None:
        if not self._known.moved_bases:
            return None
        answer = self._known.records.get(image.name, _NOT_ASKED)
        if not isinstance(answer, Unreadable) and _wanted(image, answer) is None:
            return None  # what the release itself still lacks comes first
        detail = self._known.moved_bases.get(image.name)
        if detail is not None:
            return _own(image, ReasonKind.BASE_MOVED, detail)
        rebuilt = {
            parent: self.found[parent]
            for parent in image.parent_names
            if self.found[parent].kind is ReasonKind.BASE_MOVED
        }
        return self._through(image, ReasonKind.BASE_MOVED, rebuilt) if rebuilt else None

    def _by_record(self, image: Image) -> Finding:
        """What is published decides; what the tags show says why."""
        answer = self._known.records.get(image.name, _NOT_ASKED)
        finding = self._by_tags(image, self._before, self._known.previous)
        if record := _wanted(image, answer):
            detail = wording.published(record)
            reason = Reason(
                kind=ReasonKind.UP_TO_DATE,
                detail=detail,
                chain=finding.chain,
                evidence=replace(finding.reason.evidence, own=(detail,)),
            )
            return Finding(reason=reason, done=True)
        if isinstance(answer, Record) and not is_ours(answer):
            return self._adopt(image, answer)
        old = self._before.get(image.name)
        if isinstance(answer, Unreadable) or old is None or old.fingerprint != image.fingerprint:
            return finding
        current = self._known.current.revision
        lost = wording.stale(answer, current) if answer else wording.nothing_published(image)
        return _own(image, ReasonKind.UNFINISHED, lost)

    def _adopt(self, image: Image, record: Record) -> Finding:
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
    ) -> Finding:
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
            parent: self.found[parent]
            for parent in image.parent_names
            if not self.found[parent].done
        }
        if rebuilt:
            return self._through(image, ReasonKind.PARENT, rebuilt)
        return _own(
            image,
            ReasonKind.UP_TO_DATE,
            f"nothing differs since {wording.revision(since)}",
            done=True,
        )

    def _by_parts(self, image: Image, difference: Difference, since: str) -> Finding:
        if difference.files:
            kind, detail = ReasonKind.FILES, wording.files(difference, since)
        elif difference.definition or not difference.parents:
            kind, detail = ReasonKind.DEFINITION, wording.definition(difference, since)
        else:
            changed = {name: self.found.get(name) for name in difference.parents}
            return self._through(image, ReasonKind.PARENT, changed)
        return Finding(
            reason=Reason(
                kind=kind,
                detail=detail,
                chain=(image.name,),
                evidence=Evidence(difference=difference, since=since),
            )
        )

    def _through(
        self, image: Image, kind: ReasonKind, parents: Mapping[str, Finding | None]
    ) -> Finding:
        """The shortest way to a cause, then the first by names."""
        ways = {name: finding.chain if finding else (name,) for name, finding in parents.items()}
        parent = min(ways, key=lambda name: (len(ways[name]), ways[name]))
        cause = self.found.get(ways[parent][-1])
        detail = wording.parent(ways[parent][-1], cause.kind if cause else None)
        return Finding(reason=Reason(kind=kind, detail=detail, chain=(image.name, *ways[parent])))


_NOT_ASKED: Final = Unreadable(cause="")


def _own(image: Image, kind: ReasonKind, detail: str, *, done: bool = False) -> Finding:
    reason = Reason(kind=kind, detail=detail, chain=(image.name,))
    return Finding(reason=reason, done=done)


def _by_name(catalog: Catalog | None) -> dict[str, Image]:
    return {image.name: image for image in catalog.images} if catalog else {}


def _wanted(image: Image, answer: RecordAnswer) -> Record | None:
    """The record, if it is of just this image."""
    if isinstance(answer, Record) and answer.fingerprint == image.fingerprint:
        return answer
    return None
