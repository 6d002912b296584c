"""What a pull request changes, and what the next release would then build. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from tfimages_action.core.graph import ancestors, waves
from tfimages_action.core.plan.model import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The two counts of a preview, as images' names in build order."""

    changed: tuple[str, ...]
    """Affected by the change itself: merge base to head."""
    next_builds: tuple[str, ...]
    """What the next release would build: last release to head."""
    causes: tuple[tuple[str, int], ...] = ()
    """(image, how many of `next_builds` are built only because of it), the greatest first."""
    since: str | None = None
    """The last release; `None`: there is none."""
    next_s: float | None = None
    """How long the next release would take; `None` where no earlier report tells."""


def preview(change: Plan, release: Plan) -> tuple[Plan, Outlook]:
    """Plan the change's builds, with those ancestors that no release holds as they are now.

    `change` compares the merge base with the head, `release` the last release with the head.
    Without such an ancestor a child would be checked on what was published before.
    """
    pending = {step.image.name: step for step in release.builds}
    names = tuple(step.image.name for step in change.builds)
    parents = {step.image.name: step.image.parent_names for step in change.steps}
    also = (ancestors(parents, names) & pending.keys()) - {*names}
    steps = tuple(
        pending[step.image.name] if step.image.name in also else step for step in change.steps
    )
    plan = replace(change, steps=steps, waves=waves(parents, {*names, *also}))
    return plan, Outlook(
        changed=names,
        next_builds=tuple(pending),
        causes=_causes(release),
        since=release.previous,
    )


def _causes(release: Plan) -> tuple[tuple[str, int], ...]:
    ends = [step.reason.chain[-1] for step in release.builds if len(step.reason.chain) > 1]
    return tuple(sorted(Counter(ends).items(), key=lambda pair: (-pair[1], pair[0])))
