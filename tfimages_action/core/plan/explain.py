"""Why one image is built or not, as a small tree: the image, the way to the cause, what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tfimages_action.core.catalog.fingerprint import Difference
from tfimages_action.core.catalog.model import Image, no_such_image
from tfimages_action.core.plan import wording
from tfimages_action.core.plan.model import Plan, Step
from tfimages_action.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One image on the way to a cause; `below` is what it follows from."""

    name: str
    text: str
    below: tuple[Explanation, ...] = ()


def explain(plan: Plan, name: str) -> Explanation:
    """The tree of one image. Raises `SettingsError` for a name that the plan doesn't know."""
    steps = {step.image.name: step for step in plan.steps}
    if name in steps:
        return _node(steps[name].reason.chain, steps)
    if name in plan.retired:
        raise SettingsError(
            f"{name} is retired: {wording.revision(plan.previous or '')} has it, "
            f"{wording.revision(plan.current)} does not",
            hint="what was published of it stays where it is",
        )
    raise no_such_image(name, [step.image for step in plan.steps])


def _node(chain: tuple[str, ...], steps: Mapping[str, Step]) -> Explanation:
    name, *rest = chain
    step = steps.get(name)
    if step is None:
        return Explanation(name=name, text="gone from this version")
    below = [Explanation(name=line, text="") for line in step.reason.own]
    below += _differences(step)
    if rest:
        below.append(_node(tuple(rest), steps))
    return Explanation(name=name, text=f"{step.action}: {step.reason.kind}", below=tuple(below))


def _differences(step: Step) -> list[Explanation]:
    """All that differs in the image itself; where it is a single thing, in one line."""
    evidence = step.reason.evidence
    if evidence.difference is None:
        return []
    since = f"since {wording.revision(evidence.since)}"
    # Files may be many, and what is shown of them cut.
    lines = [
        *evidence.difference.definition,
        *_of_parents(step.image, evidence.difference),
        *wording.each_file(evidence.difference),
    ]
    if len(lines) == 1:
        return [Explanation(name=f"{lines[0]} {since}", text="")]
    below = tuple(Explanation(name=line, text="") for line in lines)
    return [Explanation(name=since, text="", below=below)]


def _of_parents(image: Image, difference: Difference) -> Iterator[str]:
    """Parents that differ beside the image's own ingredients: the chain does not lead there."""
    for name in difference.parents:
        now = name in image.parent_names
        yield f"built on {name}, new here or changed" if now else f"no longer built on {name}"
