"""What a plan warns of: mistakes in the catalog, what nobody answered, what comes along unasked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.plan import wording
from tfimages_action.core.plan.knowledge import Force, Knowledge
from tfimages_action.core.plan.model import Action, Step
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.published.record import FlistState, Unreadable

_BY_TAGS: Final = "planned by the tags alone: what an earlier run left undone is not seen"
_DIGEST: Final = re.compile(r"(@?)sha256:[0-9a-f]{64}")


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
    """A warning where the registry did not answer, one per cause, whatever image it names."""
    causes: dict[str, list[tuple[str, Unreadable]]] = {}
    for image in known.current.images:
        answer = known.records.get(image.name)
        if isinstance(answer, Unreadable):
            alike = causes.setdefault(_without_names(answer.cause, image), [])
            alike.append((image.name, answer))
    for cause, answers in causes.items():
        names, first = [name for name, _ in answers], answers[0][1]
        said = first.cause if len(names) == 1 else cause
        yield Problem(
            severity=Severity.WARNING,
            message=f"the registry did not say what is published of {wording.some(names)}: {said}",
            hint="; ".join(filter(None, (first.cure, _BY_TAGS))),
        )


def _without_names(cause: str, image: Image) -> str:
    """A cause in the words that it has for every image."""
    repository, tag = image.reference.repository, image.reference.tag
    for own in (f"{repository}:{tag}", f"{repository}/manifests/{tag}", repository):
        cause = cause.replace(own, "...")
    return _DIGEST.sub(lambda found: "" if found[1] else "...", cause)


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
