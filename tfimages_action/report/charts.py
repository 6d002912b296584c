"""Mermaid charts for the job summary: the graph by outcome, and who ran when.

GitHub renders Mermaid fences in a summary in practice, though it promises it nowhere: each chart
stands beside a table or list that says the same. Node counts are capped, since a large graph
renders as an error box (https://mermaid.js.org/config/schema-docs/config.html, `maxEdges`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tfimages_action.core.run.report import ImageRun, Outcome, StageRun

MAX_NODES: Final = 60
MAX_TASKS: Final = 120
_HOUR_S: Final = 3600
_TICKS: Final = (
    (120, "10second"),
    (600, "1minute"),
    (_HOUR_S, "5minute"),
    (6 * _HOUR_S, "30minute"),
)
_LANES: Final = ("build", "push", "convert", "verify", "switch")
_COLOURS: Final[dict[Outcome, str]] = {
    Outcome.PUBLISHED: "fill:#d7f0dd,stroke:#1a7f37,color:#0b3d1a",
    Outcome.BUILT: "fill:#d7f0dd,stroke:#1a7f37,color:#0b3d1a",
    Outcome.REUSED: "fill:#dbeafe,stroke:#0969da,color:#0a3069",
    Outcome.SKIPPED: "fill:#f0f1f3,stroke:#8c959f,color:#57606a",
    Outcome.FAILED: "fill:#ffdcd7,stroke:#cf222e,color:#6e0b14,stroke-width:3px",
    Outcome.BLOCKED: "fill:#fff1cc,stroke:#bf8700,color:#5c3d00",
}


def graph(runs: Iterable[ImageRun]) -> list[str] | None:
    """Lines of a flowchart, parents left of their children; `None` where it would be too large.

    Too large a graph is first cut down to what the run touched, with its parents.
    """
    shown = _shown(_related(tuple(runs)))
    if shown is None or not any(run.step.image.parents for run in shown):
        return None
    ids = {run.step.image.name: f"n{number}" for number, run in enumerate(shown)}
    lines = ["flowchart LR"]
    for run in shown:
        name = run.step.image.name
        lines.append(f'  {ids[name]}["{_label(name)}"]:::{run.outcome}')
        lines += [
            f"  {ids[parent]} --> {ids[name]}"
            for parent in run.step.image.parent_names
            if parent in ids
        ]
    used = {run.outcome for run in shown}
    return lines + [f"  classDef {out} {_COLOURS[out]}" for out in Outcome if out in used]


def timeline(runs: Iterable[ImageRun]) -> list[str] | None:
    """Lines of a Gantt chart, one section per slot; `None` where nothing ran."""
    tasks = [(stage, run) for run in runs for stage in run.stages]
    if not tasks:
        return None
    tasks.sort(key=lambda task: task[0].started_s - task[0].ended_s)
    kept = sorted(tasks[:MAX_TASKS], key=lambda task: (*_lane(task[0].slot), task[0].started_s))
    ended = max(stage.ended_s for stage, _ in tasks)
    # Milliseconds: of seconds (`X`) Mermaid reads a task's beginning wrongly, as milliseconds. No
    # hours where there are none: it adds the reader's time zone.
    axis = "%M:%S" if ended < _HOUR_S else "%H:%M"
    lines = ["gantt", "  dateFormat x", f"  axisFormat {axis}", f"  tickInterval {_tick(ended)}"]
    slot = ""
    for stage, run in kept:
        if stage.slot != slot:
            slot = stage.slot
            lines.append(f"  section {slot}")
        lines.append(f"  {_task(stage, run)}")
    return lines


def _lane(slot: str) -> tuple[int, str, int]:
    """Lanes as an image goes through them: builds first; `build-2` before `build-10`."""
    kind, _, number = slot.rpartition("-")
    place = _LANES.index(kind) if kind in _LANES else len(_LANES)
    return place, kind, int(number) if number.isdigit() else 0


def _related(runs: tuple[ImageRun, ...]) -> tuple[ImageRun, ...]:
    """Without what was left as it is and has neither parent nor child here: it says nothing."""
    parents = {parent for run in runs for parent in run.step.image.parent_names}
    return tuple(
        run
        for run in runs
        if run.outcome is not Outcome.SKIPPED
        or run.step.image.parents
        or run.step.image.name in parents
    )


def _shown(runs: tuple[ImageRun, ...]) -> tuple[ImageRun, ...] | None:
    if len(runs) <= MAX_NODES:
        return runs
    touched = {run.step.image.name for run in runs if run.outcome is not Outcome.SKIPPED}
    wanted = touched | {
        parent
        for run in runs
        if run.step.image.name in touched
        for parent in run.step.image.parent_names
    }
    return (
        tuple(run for run in runs if run.step.image.name in wanted)
        if 0 < len(wanted) <= MAX_NODES
        else None
    )


def _tick(seconds: float) -> str:
    """How far apart the marks are: some ten of them."""
    return next((mark for limit, mark in _TICKS if seconds < limit), "1hour")


def _task(stage: StageRun, run: ImageRun) -> str:
    # A colon ends a task's name in Mermaid, so it becomes the ratio sign, which looks the same.
    name = run.step.image.name.replace(":", "\N{RATIO}").replace(",", " ")
    start = round(stage.started_s * 1000)
    end = max(round(stage.ended_s * 1000), start + 1000)
    state = "" if stage.ok else "crit, "
    return f"{name} {stage.stage} :{state}{start}, {end}"


def _label(name: str) -> str:
    return name.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;")
