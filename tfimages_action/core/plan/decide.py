"""Decide what a run does with each image. Pure: all that is known comes as data.

Why an image is built is found first (`findings`); here follows what is done about it: build,
take what was built before and only convert that, or nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.graph import waves
from tfimages_action.core.plan import wording
from tfimages_action.core.plan.findings import Finding, Findings
from tfimages_action.core.plan.knowledge import Knowledge
from tfimages_action.core.plan.model import Action, Plan, Reason, ReasonKind, Step
from tfimages_action.core.plan.problems import plan_problems
from tfimages_action.core.plan.selection import matched, needed
from tfimages_action.core.published.record import FlistState, Record

_REBUILT_ANYWAY: Final = frozenset({ReasonKind.FORCED, ReasonKind.BASE_MOVED})
"""Builds that take in software updates: what was built before, of the same files, won't do."""


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
        problems=plan_problems(known, (s for s in steps if s.image.name in chosen), also),
        commit=known.commit,
        force=known.force.label if known.force else None,
    )


class _Decider:
    """One pass in build order, so that parents are decided before their children."""

    def __init__(self, known: Knowledge, chosen: frozenset[str]) -> None:
        self._known = known
        self._findings = Findings(known, chosen)
        self._taken: set[str] = set()

    def steps(self) -> tuple[Step, ...]:
        """One step per image, in build order."""
        return tuple(self._remarked(image) for image in self._known.current.images)

    def _remarked(self, image: Image) -> Step:
        step, remark = self._step(image), self._known.remarks.get(image.name)
        if remark is None:
            return step
        reason = _saying(step.reason, f"{step.reason.detail}; {remark}", (*step.reason.own, remark))
        return replace(step, reason=reason, rolled_back=self._known.rolled_back.get(image.name, ""))

    def _step(self, image: Image) -> Step:
        finding = self._findings.find(image)
        answer = self._known.records.get(image.name)
        record = answer if isinstance(answer, Record) else None
        if finding.done:
            return self._finished(image, _alone(image, finding.reason), record)
        reason = finding.reason
        left = self._known.left_behind.get(image.name)
        if left is not None and self._may_take(image, finding):
            self._taken.add(image.name)
            reason = _promoted(reason, left)
            return Step(image=image, action=Action.CONVERT, reason=reason, record=left)
        built = self._known.promotable.get(image.name)
        if built is not None and self._may_promote(finding, built):
            reason = _alone(image, _promoted(_led(reason), built), ReasonKind.PROMOTED)
            return Step(image=image, action=Action.CONVERT, reason=reason, record=built)
        return Step(image=image, action=Action.BUILD, reason=reason, record=record)

    def _may_take(self, image: Image, finding: Finding) -> bool:
        """A killed refresh's build, on exactly those parents that this run takes from it too."""
        found = self._findings.found
        return finding.kind is ReasonKind.BASE_MOVED and all(
            parent in self._taken
            for parent in image.parent_names
            if found[parent].kind is ReasonKind.BASE_MOVED
        )

    def _may_promote(self, finding: Finding, built: Record) -> bool:
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


def _alone(image: Image, reason: Reason, kind: ReasonKind | None = None) -> Reason:
    """A reason that leads to no other image."""
    if kind is None and len(reason.chain) == 1:
        return reason
    return replace(reason, kind=kind or reason.kind, chain=(image.name,))


def _saying(reason: Reason, detail: str, own: tuple[str, ...]) -> Reason:
    return replace(reason, detail=detail, evidence=replace(reason.evidence, own=own))


def _promoted(reason: Reason, built: Record) -> Reason:
    said = wording.promoted(built)
    return _saying(reason, f"{said}; {reason.detail}", (said, *reason.own))


def _led(reason: Reason) -> Reason:
    """A reason that will lead nowhere any more, and still tells where it led."""
    return (
        _saying(reason, reason.detail, (*reason.own, reason.detail)) if reason.chain[1:] else reason
    )


def _not_selected(step: Step) -> Step:
    if step.action is Action.SKIP:
        return step
    said, reason = f"not selected, though to {step.action}", _led(step.reason)
    reason = _saying(reason, f"{said}: {reason.detail}", (said, *reason.own))
    return replace(
        step, action=Action.SKIP, reason=_alone(step.image, reason, ReasonKind.NOT_SELECTED)
    )
