"""A plan cut into waves of legs, for `strategy.matrix`: GitHub's own fleet as the engine. Pure.

A wave's images stand on what is published or on earlier waves. Each leg is the text of `only` for
one job, which takes its parents from the registry.
"""

from __future__ import annotations

from typing import Final

from tfimages_action.core.graph import waves
from tfimages_action.core.plan.model import Action, Plan
from tfimages_action.errors import SettingsError

MAX_WAVES: Final = 8
"""A workflow's jobs are written down, so their number is fixed."""
MAX_LEGS: Final = 256
"""Jobs of one matrix (GitHub's limit); beyond it a leg has several images."""

Waves = tuple[tuple[str, ...], ...]


def fan_out(plan: Plan) -> Waves:
    """By wave, the legs: names of images, joined by commas. Raises `SettingsError` if too deep."""
    acting = {step.image.name for step in plan.steps if step.action is not Action.SKIP}
    parents = {step.image.name: step.image.parent_names for step in plan.steps}
    levels = waves(parents, acting)
    if len(levels) > MAX_WAVES:
        deepest = ", ".join(levels[-1][:3])
        raise SettingsError(
            f"the images are built on one another {len(levels)} levels deep (to {deepest}), and "
            f"fan-out has {MAX_WAVES} waves",
            hint="use the one-job mode (`mode: publish` in a single job), which has no such limit",
        )
    return tuple(_legs(level) for level in levels)


def _legs(names: tuple[str, ...]) -> tuple[str, ...]:
    """Cut into at most `MAX_LEGS` legs, as even as can be."""
    legs = min(len(names), MAX_LEGS)
    return tuple(",".join(names[number::legs]) for number in range(legs))
