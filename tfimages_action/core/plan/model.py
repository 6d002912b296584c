"""The plan: for every image one step, with its action and the reason for it. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tfimages_action.core.catalog.fingerprint import Difference
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.problem import Problem
from tfimages_action.core.published.record import Record


class Action(StrEnum):
    """What a run does with an image."""

    BUILD = "build"
    CONVERT = "convert"
    """Nothing to build: give the published digest its names and its flist."""
    SKIP = "skip"


class ReasonKind(StrEnum):
    """Why; the words are an interface (`plan --format json`)."""

    FORCED = "forced"
    FIRST = "first"
    NEW = "new"
    FILES = "files"
    DEFINITION = "definition"
    PARENT = "parent"
    UNFINISHED = "unfinished"
    ADOPTED = "adopted"
    PROMOTED = "promoted"
    BASE_MOVED = "base-moved"
    FLIST = "flist"
    NOT_SELECTED = "not-selected"
    UP_TO_DATE = "up-to-date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a reason's one line is made from, for whoever asks for this image."""

    own: tuple[str, ...] = ()
    """What is said of the image itself; empty: nothing but what its reason's line says."""
    difference: Difference | None = None
    """Which of its ingredients differ since `since`, whatever is done about it."""
    since: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an image is built or not. `chain` leads from the image to the cause's image."""

    kind: ReasonKind
    detail: str
    """All of it in one line; of many files the first."""
    chain: tuple[str, ...]
    evidence: Evidence = field(default=Evidence(), repr=False)

    @property
    def own(self) -> tuple[str, ...]:
        """What it says of the image itself, beside what differs in it and the way to the cause."""
        if self.evidence.own or self.evidence.difference or len(self.chain) > 1:
            return self.evidence.own
        return (self.detail,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one run does with one image."""

    image: Image
    action: Action
    reason: Reason
    record: Record | None = None
    """What is published now, where that is known; a CONVERT converts `record.digest`."""
    rolled_back: str = ""
    """The release that the moving names were taken back from: they stay (core/plan/rollback.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every image of the current revision in build order, and what became of the others."""

    current: str
    previous: str | None
    steps: tuple[Step, ...]
    waves: tuple[tuple[str, ...], ...] = ()
    """The builds alone, by level."""
    retired: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    commit: str | None = None
    force: str | None = None
    """What to write in the force label, where this run forces."""

    @property
    def builds(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.action is Action.BUILD)
