"""The last word in a terminal: how each image fared, what it is called, and where its flist is."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from tfimages_action.core.run import ImageRun, Outcome, RunReport
from tfimages_action.report import words
from tfimages_action.report.plan_table import as_lines

_STYLE = {
    Outcome.PUBLISHED: "green",
    Outcome.BUILT: "green",
    Outcome.REUSED: "cyan",
    Outcome.FAILED: "bold red",
    Outcome.BLOCKED: "yellow",
}


def closing_table(report: RunReport) -> Table | None:
    """A row per image that the run touched; `None` where it touched none."""
    touched = [run for run in report.images if run.outcome is not Outcome.SKIPPED]
    if not touched:
        return None
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("image", "outcome", "size", "time", "reference", "flist"):
        table.add_column(column, overflow="fold")
    for run in touched:
        table.add_row(Text(run.step.image.name), _outcome(run), *map(Text, _cells(run)))
    return table


def closing_lines(report: RunReport, *, width: int = 160) -> list[str]:
    """The table as plain lines, and a line that sums up."""
    table = closing_table(report)
    if table is None:
        return []
    took = words.duration(report.duration_s)
    counted = [
        f"{number} {outcome}"
        for outcome in Outcome
        if (number := sum(run.outcome is outcome for run in report.images))
    ]
    return ["", *as_lines(table, width=width), "", f"{', '.join(counted)} in {took}"]


def _outcome(run: ImageRun) -> Text:
    text = Text(run.outcome, style=_STYLE[run.outcome])
    if run.blocked_by:
        text.append(f" by {run.blocked_by}")
    if run.failure:
        text.append(f": {run.failure.stage}")
    return text


def _cells(run: ImageRun) -> tuple[str, str, str, str]:
    seconds = sum(stage.ended_s - stage.started_s for stage in run.stages)
    flist = ""
    if run.flist:
        flist = run.flist.name + (" (proved)" if run.flist.verified else "")
    return (
        words.size(run.size_bytes) if run.size_bytes is not None else "",
        words.duration(seconds) if run.stages else "",
        run.references[-1] if run.references else "",
        flist,
    )
