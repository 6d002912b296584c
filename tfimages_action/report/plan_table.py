"""The plan and its explanations for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from tfimages_action.core.plan import wording
from tfimages_action.core.plan.model import Action, Plan, Step
from tfimages_action.report.columns import GAP, Cell, columns, painted
from tfimages_action.report.orders import unobeyed

if TYPE_CHECKING:
    from rich.tree import Tree

    from tfimages_action.core.plan.explain import Explanation

_STYLE = {Action.BUILD: "bold green", Action.CONVERT: "cyan", Action.SKIP: "dim"}
_HEADER = tuple(Cell(name, "bold") for name in ("image", "action", "why", "published as"))
_IMAGE, _WHY, _REFERENCE = 0, 2, 3
_MOST_LINES: Final = 30
"""Of one image's files: the way to the cause above them should stay in sight."""
_LEAST_WHY: Final = 24
"""Where less than this is left for the reason, the references are left out: half of one is none."""


def plan_lines(plan: Plan, *, width: int | None = 160, styled: bool = False) -> list[str]:
    """One row per image in build order, then what a person should know beside.

    `width=None` wraps nothing; `styled` puts escape codes for colours in.
    """
    rows: list[tuple[Cell, ...]] = [_HEADER, *map(_row, plan.steps)]
    if width is not None and _narrowest(rows) > width:
        rows = [row[:_REFERENCE] for row in rows]
    lines = [plan_headline(plan), ""]
    lines += columns(rows, width=width, yielding=(_WHY, _IMAGE), styled=styled)
    if plan.retired:
        lines += [
            "",
            f"retired since {wording.revision(plan.previous or '')}: {', '.join(plan.retired)}",
        ]
    problems = [painted(cell) if styled else cell.text for cell in _problems(plan)]
    # A file's or an arg's name may stand at the beginning of a line, once it is wrapped.
    return [unobeyed(line) for line in ([*lines, "", *problems] if problems else lines)]


def _narrowest(rows: Sequence[Sequence[Cell]]) -> int:
    """How wide the table is at least, with nothing but the reasons in further lines."""
    widths = [max(len(cell.text) for cell in column) for column in zip(*rows, strict=True)]
    widths[_WHY] = min(widths[_WHY], _LEAST_WHY)
    return sum(widths) + GAP * (len(widths) - 1)


def _row(step: Step) -> tuple[Cell, ...]:
    style = _STYLE[step.action]
    return (
        Cell(step.image.name, style),
        Cell(step.action.value, style),
        Cell(f"{step.reason.kind}: {_why(step)}", "dim" if style == "dim" else ""),
        Cell(step.image.published_as, "dim"),
    )


def plan_headline(plan: Plan) -> str:
    """`v27 -> v28: 3 to build, 1 to convert, 11 to skip`."""
    current = wording.revision(plan.current)
    before = wording.revision(plan.previous) if plan.previous else None
    versions = f"{before} -> {current}" if before else f"{current} (first)"
    return f"{versions}: {to_do(plan)}"


def to_do(plan: Plan) -> str:
    """`3 to build, 1 to convert, 11 to skip`."""
    counts = Counter(step.action for step in plan.steps)
    doing = ", ".join(f"{counts[action]} to {action}" for action in Action if counts[action])
    return doing or "no images"


def explanation_tree(explanation: Explanation) -> Tree:
    """An explanation as `tfimages explain` prints it."""
    from rich.text import Text  # noqa: PLC0415 - 0.1 s that `plan` shall not pay
    from rich.tree import Tree  # noqa: PLC0415

    label = Text(explanation.name, style="bold" if explanation.text else "")
    if explanation.text:
        label.append(f"  {explanation.text}", style="dim")
    tree = Tree(label)
    shown, more = explanation.below[:_MOST_LINES], explanation.below[_MOST_LINES:]
    tree.children += [explanation_tree(below) for below in shown]
    if more:
        tree.add(Text(f"... and {len(more):,} more: --json has them all", style="dim"))
    return tree


def _why(step: Step) -> str:
    way = " <- ".join(step.reason.chain[1:])
    return f"{step.reason.detail} ({way})" if way else step.reason.detail


def _problems(plan: Plan) -> Iterator[Cell]:
    for problem in plan.problems:
        where = f"{problem.location}: " if problem.location else ""
        style = {"error": "red", "warning": "yellow"}.get(problem.severity, "")
        yield Cell(f"{problem.severity}: {where}{problem.message}", style)
        if problem.hint:
            yield Cell(f"  -> {problem.hint}")
