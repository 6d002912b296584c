"""The plan and its explanations for the terminal."""

from __future__ import annotations

import io
from collections import Counter

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from tfimages_action.core.explain import Explanation
from tfimages_action.core.plan import Action, Plan, Step
from tfimages_action.core.plan_json import shown_reference

_STYLE = {Action.BUILD: "bold green", Action.CONVERT: "cyan", Action.SKIP: "dim"}


def plan_table(plan: Plan) -> RenderableType:
    """One row per image in build order, then what a person should know beside."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("image", overflow="fold")
    table.add_column("action")
    table.add_column("why", overflow="fold")
    table.add_column("published as", overflow="fold")
    for step in plan.steps:
        style = _STYLE[step.action]
        table.add_row(
            Text(step.image.name, style=style),
            Text(step.action, style=style),
            Text(f"{step.reason.kind}: {_why(step)}", style="dim" if style == "dim" else ""),
            Text(shown_reference(step.image), style="dim"),
        )
    parts: list[RenderableType] = [Text(plan_headline(plan)), Text(), table]
    if plan.retired:
        parts += [Text(), Text(f"retired since {plan.previous}: {', '.join(plan.retired)}")]
    parts += _problems(plan)
    return Group(*parts)


def plan_lines(plan: Plan, *, width: int = 160) -> list[str]:
    """Render the plan as plain lines for a log."""
    return as_lines(plan_table(plan), width=width)


def as_lines(shown: RenderableType, *, width: int) -> list[str]:
    """Render anything as plain lines, without colours."""
    text = io.StringIO()
    Console(file=text, width=width, color_system=None, highlight=False).print(shown)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def plan_headline(plan: Plan) -> str:
    """`v27 -> v28: 3 to build, 1 to convert, 11 to skip`."""
    counts = Counter(step.action for step in plan.steps)
    versions = f"{plan.previous} -> {plan.current}" if plan.previous else f"{plan.current} (first)"
    doing = ", ".join(f"{counts[action]} to {action}" for action in Action if counts[action])
    return f"{versions}: {doing or 'no images'}"


def explanation_tree(explanation: Explanation) -> Tree:
    """An explanation as `tfimages explain` prints it."""
    tree = Tree(_label(explanation))
    for below in explanation.below:
        tree.children.append(explanation_tree(below))
    return tree


def _label(explanation: Explanation) -> Text:
    text = Text(explanation.name, style="bold" if explanation.text else "")
    return text.append(f"  {explanation.text}", style="dim") if explanation.text else text


def _why(step: Step) -> str:
    way = " <- ".join(step.reason.chain[1:])
    return f"{step.reason.detail} ({way})" if way else step.reason.detail


def _problems(plan: Plan) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for problem in plan.problems:
        where = f"{problem.location}: " if problem.location else ""
        style = {"error": "red", "warning": "yellow"}.get(problem.severity, "")
        lines.append(Text(f"{problem.severity}: {where}{problem.message}", style=style))
        if problem.hint:
            lines.append(Text(f"  -> {problem.hint}"))
    return [Text(), *lines] if lines else []
