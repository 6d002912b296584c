"""What a plan warns of: mistakes in the catalog, what nobody answered, what comes along unasked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tfimages_action.core import wording
from tfimages_action.core.catalog import Problem, Severity
from tfimages_action.core.knowledge import Force, Knowledge
from tfimages_action.core.plan import Action, Step
from tfimages_action.core.record import FlistState, Unreadable


def plan_problems(
    known: Knowledge, chosen: Iterable[Step], also: frozenset[str]
) -> tuple[Problem, ...]:
    """Of the catalog first; `also` are the images that nobody selected, and others need."""
    return (
        *known.current.problems,
        *_unreadable(known),
        *_unanswered(known),
        *_pulled_in(also),
        *_forced_before(known.force, chosen),
    )


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


def _forced_before(force: Force | None, chosen: Iterable[Step]) -> Iterator[Problem]:
    """Whoever asks for it once more waits for builds that don't come."""
    if force is not None and all(step.action is Action.SKIP for step in chosen):
        yield Problem(
            severity=Severity.NOTICE,
            message=f"{force.detail}, and was done: all of it was rebuilt for {force.label} before",
            hint="to rebuild it once more push a tag with the next letter, or on GitHub start a "
            "new run with force-all",
        )


def _pulled_in(names: frozenset[str]) -> Iterator[Problem]:
    if names:
        yield Problem(
            severity=Severity.NOTICE,
            message=f"{wording.some(sorted(names))} too: selected images are built on what "
            "is not published yet",
        )
