"""Workflow commands: groups, annotations, debug lines, rightly escaped, within GitHub's limits.

https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from actions_toolkit.command import Command

from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.run.report import ImageRun, RunReport

_A_STEP: Final = 10
"""GitHub keeps so many annotations of each severity of a step, and drops the rest unseen."""
_MESSAGE_CHARACTERS: Final = 4000


def group(title: str) -> str:
    """Open a group of log lines."""
    return str(Command("group", {}, title))


def end_group() -> str:
    """Close the open group."""
    return str(Command("endgroup", {}, ""))


def debug(text: str) -> str:
    """Make a line that only a run with step debugging shows."""
    return str(Command("debug", {}, text))


def annotation(problem: Problem) -> str:
    """Make one annotation, on its line of its file where it has one."""
    properties: dict[str, str] = {}
    if problem.location:
        properties["file"] = problem.location.path
        if problem.location.line is not None:
            properties["line"] = str(problem.location.line)
    text = problem.message + (f"\n{problem.hint}" if problem.hint else "")
    return str(Command(problem.severity.value, properties, text[:_MESSAGE_CHARACTERS]))


def annotations_of(report: RunReport) -> Iterator[str]:
    """Make the report's annotations, the most important first, as many as GitHub keeps."""
    planned = report.plan.problems if report.plan else ()
    failed = (_of_failure(run) for run in report.images if run.failure)
    built = (problem for run in report.images for problem in run.problems)
    problems = tuple(dict.fromkeys((*failed, *report.problems, *planned, *built)))
    for severity in Severity:
        yield from _limited(problem for problem in problems if problem.severity is severity)


def _limited(problems: Iterable[Problem]) -> Iterator[str]:
    every = tuple(problems)
    kept = every if len(every) <= _A_STEP else every[: _A_STEP - 1]
    yield from map(annotation, kept)
    if len(kept) < len(every):
        rest = f"{len(every) - len(kept)} more like these: see the job summary"
        yield annotation(Problem(severity=every[0].severity, message=rest))


def _of_failure(run: ImageRun) -> Problem:
    failure = run.failure
    assert failure is not None  # noqa: S101 - the caller chose runs that failed
    return Problem(
        severity=Severity.ERROR,
        message=f"{run.step.image.name}: {failure.stage} failed: {failure.message}",
        hint=failure.hint,
        location=failure.location,
    )
