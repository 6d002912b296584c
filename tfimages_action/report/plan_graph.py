"""The graph of a plan's images, parents first: as Mermaid, as Graphviz' dot, as an outline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tfimages_action.core.plan.model import Action, Plan, Step

_FILL: Final = {Action.BUILD: "#d7f0dd", Action.CONVERT: "#dbeafe", Action.SKIP: "#f0f1f3"}


def as_mermaid(plan: Plan) -> str:
    """Make a flowchart in which each image has the colour of its action."""
    ids = {step.image.name: f"n{number}" for number, step in enumerate(plan.steps)}
    lines = ["flowchart LR"]
    for step in plan.steps:
        label = step.image.name.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;")
        lines.append(f'  {ids[step.image.name]}["{label}"]:::{step.action}')
    lines += [f"  {ids[parent]} --> {ids[child]}" for parent, child in _edges(plan)]
    used = {step.action for step in plan.steps}
    lines += [f"  classDef {action} fill:{_FILL[action]}" for action in Action if action in used]
    return "\n".join(lines)


def as_dot(plan: Plan) -> str:
    """Make a digraph for Graphviz."""
    lines = ["digraph images {", "  rankdir=LR", "  node [shape=box style=filled]"]
    lines += [
        f'  {_quoted(step.image.name)} [fillcolor="{_FILL[step.action]}"]' for step in plan.steps
    ]
    lines += [f"  {_quoted(parent)} -> {_quoted(child)}" for parent, child in _edges(plan)]
    return "\n".join([*lines, "}"])


def as_outline(plan: Plan) -> str:
    """Indent each image below its first parent; further parents are named beside it."""
    known = {step.image.name for step in plan.steps}
    below: dict[str, list[Step]] = {}
    for step in plan.steps:
        parents = [name for name in step.image.parent_names if name in known]
        below.setdefault(parents[0] if parents else "", []).append(step)
    return "\n".join(_outline("", below, 0))


def _outline(name: str, below: dict[str, list[Step]], depth: int) -> Iterator[str]:
    for step in below.get(name, ()):
        more = ", ".join(step.image.parent_names[1:])
        beside = f" (also from {more})" if more else ""
        yield f"{'  ' * depth}{step.image.name}  {step.action}{beside}"
        yield from _outline(step.image.name, below, depth + 1)


def _edges(plan: Plan) -> Iterator[tuple[str, str]]:
    known = {step.image.name for step in plan.steps}
    for step in plan.steps:
        for parent in step.image.parent_names:
            if parent in known:
                yield parent, step.image.name


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
