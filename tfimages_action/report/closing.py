"""The last word in a terminal: how each image fared, what it is called, and where its flist is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tfimages_action.core.run.report import ImageRun, Outcome, RunReport
from tfimages_action.report import words
from tfimages_action.report.columns import Cell, columns
from tfimages_action.report.verdict import verdict

_HEADER: Final = ("image", "outcome", "size", "time", "reference", "flist")
_BRIEF: Final = ((0, 1, 2, 3), (0, 1, 3), (0, 1))
"""The columns that stay side by side where it is narrow, and narrower."""

Row = tuple[str, ...]


def closing_lines(report: RunReport, *, width: int = 160) -> list[str]:
    """A row per image that the run touched, what failed with its cure, and a line that sums up.

    Where references and flists don't fit beside the rest, each gets a line of its own: they are
    there to be copied.
    """
    touched = [run for run in report.images if run.outcome is not Outcome.SKIPPED]
    if not touched:
        # A run that was refused has said why already.
        took = words.duration(report.duration_s)
        return [] if report.error else textwrap.wrap(f"{verdict(report)} in {took}", width)
    failed = [*failure_lines(run for run in touched if run.outcome is Outcome.FAILED)]
    shown = _side_by_side([_HEADER, *map(_row, touched)])
    if _width(shown) > width:
        shown = list(_stacked(touched, width))
    if failed:
        shown += ["", *failed]
    return ["", *shown, "", *textwrap.wrap(_sum(report), width)]


def failure_lines(runs: Iterable[ImageRun]) -> Iterator[str]:
    """What failed, where, and what mends it."""
    for run in runs:
        if run.failure:
            yield f"{run.step.image.name}: {run.failure.stage} failed: {run.failure.told}"
            if run.failure.hint:
                yield f"  -> {run.failure.hint}"


def _stacked(runs: Sequence[ImageRun], width: int) -> Iterator[str]:
    """A line of what is short, then one for each long name."""
    rows = [_HEADER, *((run.step.image.name, _outcome(run), *_row(run)[2:]) for run in runs)]
    brief = [_side_by_side([tuple(row[at] for at in chosen) for row in rows]) for chosen in _BRIEF]
    header, *lines = next((one for one in brief if _width(one) <= width), brief[-1])
    yield header
    for run, line in zip(runs, lines, strict=True):
        yield line
        names = (_blocked(run), _reference(run), _flist(run))
        yield from (f"  {name}" for name in names if name)


def _side_by_side(rows: Sequence[Row]) -> list[str]:
    return list(columns([[Cell(text) for text in row] for row in rows], width=None, yielding=()))


def _width(lines: Sequence[str]) -> int:
    return max(map(len, lines))


def _row(run: ImageRun) -> Row:
    seconds = sum(stage.ended_s - stage.started_s for stage in run.stages)
    return (
        run.step.image.name,
        f"{_outcome(run)} {_blocked(run)}".rstrip(),
        words.size(run.size_bytes) if run.size_bytes is not None else "",
        words.duration(seconds) if run.stages else "",
        _reference(run),
        _flist(run),
    )


def _outcome(run: ImageRun) -> str:
    return f"{run.outcome}: {run.failure.stage}" if run.failure else run.outcome


def _blocked(run: ImageRun) -> str:
    return f"by {run.blocked_by}" if run.blocked_by else ""


def _reference(run: ImageRun) -> str:
    return run.references[-1] if run.references else ""


def _flist(run: ImageRun) -> str:
    if not run.flist:
        return ""
    return run.flist.name + (" (proved)" if run.flist.verified else "")


def _sum(report: RunReport) -> str:
    counted = [
        f"{number} {outcome}"
        for outcome in Outcome
        if (number := sum(run.outcome is outcome for run in report.images))
    ]
    return f"{', '.join(counted)} in {words.duration(report.duration_s)}"
