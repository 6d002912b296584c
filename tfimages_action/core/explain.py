"""Why one image is built or not, as a small tree: the image, the way to the cause, what differs."""

from __future__ import annotations

from dataclasses import dataclass

from tfimages_action.core.catalog import no_such_image
from tfimages_action.core.plan import Plan, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One image on the way to a cause; `below` is what it follows from."""

    name: str
    text: str
    below: tuple[Explanation, ...] = ()


def explain(plan: Plan, name: str) -> Explanation:
    """The tree of one image. Raises `SettingsError` for a name that the plan doesn't know."""
    steps = {step.image.name: step for step in plan.steps}
    if name not in steps:
        note = ": it is retired" if name in plan.retired else ""
        raise no_such_image(name, [step.image for step in plan.steps], note=note)
    return _node(steps[name].reason.chain, steps)


def _node(chain: tuple[str, ...], steps: dict[str, Step]) -> Explanation:
    name, *rest = chain
    step = steps.get(name)
    if step is None:
        return Explanation(name=name, text="gone from this version")
    details = (Explanation(name=part, text="") for part in _details(step)) if not rest else ()
    below = (_node(tuple(rest), steps),) if rest else tuple(details)
    return Explanation(name=name, text=f"{step.action}: {step.reason.kind}", below=below)


def _details(step: Step) -> list[str]:
    return [part for part in step.reason.detail.split("; ") if part]
