"""The job summary: one page of Markdown that says what was published, why, and what to do next.

GitHub shows nothing at all of a summary above 1 MiB, so the page is cut to fit, the least
important part first, and says what it left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tfimages_action.core.plan.model import Action, Step
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.run.report import Failure, ImageRun, Outcome, RunReport
from tfimages_action.report import charts, markdown, words
from tfimages_action.report.mending import permissions_yaml
from tfimages_action.report.verdict import headline

LIMIT_BYTES: Final = 1024 * 1024
_MARGIN_BYTES: Final = 4096
_DONE: Final = (Outcome.PUBLISHED, Outcome.BUILT, Outcome.REUSED, Outcome.FAILED, Outcome.BLOCKED)
_OPEN_FAILURES: Final = 10


def render_summary(report: RunReport, *, limit_bytes: int = LIMIT_BYTES) -> str:
    """Render the page, below `limit_bytes` whatever the report holds."""
    head = headline(report)
    # In the order of the page, each with its weight: the lightest is left out first.
    sections: list[tuple[int, str, str]] = [
        (5, "what needs a person", _needs_a_person(report)),
        (4, "the table of images", _table(report) or _planned(report)),
        (2, "the graph", _graph(report)),
        (1, "the timeline", _timeline(report)),
        (3, "what was skipped", _skipped(report)),
    ]
    room = limit_bytes - _MARGIN_BYTES - len(head.encode())
    kept: dict[str, str] = {}
    left_out: list[str] = []
    for _, name, body in sorted(sections, key=lambda section: -section[0]):
        fitted = _fit(body, room)
        kept[name] = fitted
        room -= len(fitted.encode()) + 2
        if fitted != body:
            left_out.append(name)
    parts = [head, *(kept[name] for _, name, _ in sections)]
    if left_out:
        parts.append(f"_Too large to show whole: {', '.join(left_out)}. See the report file._")
    return "\n\n".join(part for part in parts if part) + "\n"


def _fit(body: str, room: int) -> str:
    """As much of its beginning as fits; a cut through a fence or a fold would swallow the rest."""
    if len(body.encode()) <= room:
        return body
    lines = body.split("\n")
    fence, folds, kept = "", 0, 0
    for number, line in enumerate(lines, start=1):
        room -= len(line.encode()) + 1
        if room < 0:
            break
        if fence:
            fence = "" if line == fence else fence
        elif line.startswith("```"):
            fence = line[: len(line) - len(line.lstrip("`"))]
        else:
            folds += line.count("<details>") - line.count("</details>")
        if not fence and not folds:
            kept = number
    return "\n".join(lines[:kept])


def _needs_a_person(report: RunReport) -> str:
    parts: list[str] = []
    if report.error:
        parts.append(f"> [!CAUTION]\n{_error(report.error)}")
    failed = [run for run in report.images if run.failure]
    for number, run in enumerate(failed):
        parts.append(_failure(run, report.images, is_open=number < _OPEN_FAILURES))
    problems = tuple(_all_problems(report))
    hints = [run.failure.hint for run in failed if run.failure]
    said = (*hints, *(problem.hint for problem in problems), report.error or "")
    mended = permissions_yaml(said)
    if mended:
        parts.append(mended)
    if problems:
        parts.append("\n".join(map(_problem, problems)))
    warned = [
        f"- ⚠️ {markdown.code(run.step.image.name)}: {markdown.sentence(warning)}"
        for run in report.images
        for warning in run.warnings
    ]
    parts += warned
    if not parts:
        return ""
    noted = all(problem.severity is Severity.NOTICE for problem in problems)
    title = "Notes" if noted and not (report.error or failed or warned) else "Needs a person"
    return f"### {title}\n\n" + "\n\n".join(parts)


def _error(rendered: str) -> str:
    """What ended the run, and below it what to do (`TfImagesError.render`)."""
    what, _, cure = rendered.partition("\n  -> ")
    quoted = _quoted(what)
    return f"{quoted}\n>\n> **What to do:** {markdown.sentence(cure)}" if cure else quoted


def _all_problems(report: RunReport) -> Iterable[Problem]:
    planned = report.plan.problems if report.plan else ()
    built = (problem for run in report.images for problem in run.problems)
    every = dict.fromkeys((*report.problems, *planned, *built))
    # What ended the run stands above them already.
    return (problem for problem in every if problem.message not in (report.error or ""))


def _failure(run: ImageRun, runs: Iterable[ImageRun], *, is_open: bool) -> str:
    failure = run.failure
    assert failure is not None  # noqa: S101 - the caller chose runs that failed
    name = run.step.image.name
    blocked = [other.step.image.name for other in runs if other.blocked_by == name]
    lines = [
        f"#### ❌ {markdown.text(name)}: {failure.stage} failed",
        _quoted(
            f"`{failure.location}`: {failure.message}" if failure.location else failure.message
        ),
    ]
    if failure.hint:
        lines.append(f"**What to do:** {markdown.sentence(failure.hint)}")
    if blocked:
        names = ", ".join(markdown.code(other) for other in blocked)
        lines.append(f"Blocked by it: {names}")
    if failure.log_tail and is_open:
        lines.append(_log(failure))
    return "\n\n".join(lines)


def _log(failure: Failure) -> str:
    title = f"last {words.count(len(failure.log_tail), 'line')} of the log"
    return markdown.fold(title, markdown.block(failure.log_tail, "text"))


def _problem(problem: Problem) -> str:
    sign = {"error": "❌", "warning": "⚠️", "notice": "\N{INFORMATION SOURCE}\ufe0f"}[
        problem.severity
    ]
    where = f"{markdown.code(str(problem.location))}: " if problem.location else ""
    hint = f" **What to do:** {markdown.sentence(problem.hint)}" if problem.hint else ""
    return f"- {sign} {where}{markdown.sentence(problem.message)}{hint}"


def _table(report: RunReport) -> str:
    rows = [_table_row(run) for run in report.images if run.outcome in _DONE]
    if not rows:
        return ""
    head = ("Image", "Why", "Outcome", "Size", "Time", "Digest", "flist")
    # A preview has no digests, a run without conversion no flists: an empty column says nothing.
    told = [column for column in zip(head, *rows, strict=True) if any(column[1:])]
    kept, *shown = zip(*told, strict=True)
    return markdown.table(kept, shown)


def _planned(report: RunReport) -> str:
    """What `mode: plan` found to do; other jobs do it."""
    if not (report.plan and report.waves):
        return ""
    steps = [step for step in report.plan.steps if step.action is not Action.SKIP]
    rows = [(markdown.code(step.image.name), str(step.action), _why(step)) for step in steps]
    return markdown.table(("Image", "Action", "Why"), rows)


def _table_row(run: ImageRun) -> tuple[str, ...]:
    size = _unbroken(words.size(run.size_bytes)) if run.size_bytes is not None else ""
    if run.size_delta_bytes is not None:
        size += " " + _unbroken(f"({words.size_change(run.size_delta_bytes)})")
    if run.flist:
        size += "".join(f"<br>{_change(change)}" for change in run.flist.changes)
    seconds = sum(stage.ended_s - stage.started_s for stage in run.stages)
    outcome = f"{words.SIGNS[run.outcome]} {run.outcome}"
    if run.blocked_by:
        outcome += f" by {markdown.code(run.blocked_by)}"
    digest = markdown.code(words.short_digest(run.digest)) if run.digest else ""
    time = _unbroken(words.duration(seconds)) if run.stages else ""
    name, why = markdown.code(run.step.image.name), _why(run.step)
    return (name, why, outcome, size, time, digest, _flist_cell(run))


def _why(step: Step) -> str:
    why = markdown.text(step.reason.detail)
    if len(step.reason.chain) <= 1:
        return why
    way = " ← ".join(markdown.text(name) for name in step.reason.chain)
    return f"{why}<br><sub>{way}</sub>"


def _change(text: str) -> str:
    """`+38 MB: /usr/lib/libLLVM.so.19` as the flist knows it; the path may be long."""
    size, _, path = text.partition(": ")
    return f"<sub>{_unbroken(size)} {markdown.code(words.shortened(path))}</sub>"


def _unbroken(text: str) -> str:
    """A figure and its unit on one line."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _flist_cell(run: ImageRun) -> str:
    flist = run.flist
    if flist is None:
        return ""
    beside = [_unbroken("✔ proved")] if flist.verified else []
    if flist.stable_address:
        beside.append(_linked(_unbroken("stable address"), flist.stable_address))
    cell = _linked(markdown.code(flist.name), flist.address)
    return f"{cell}<br>{' · '.join(beside)}" if beside else cell


def _linked(label: str, address: str) -> str:
    """A link; of an flist on the run's own machine, to which none leads, its name."""
    if address.startswith("file:"):
        name = markdown.code(address.rpartition("/")[2])
        return name if name == label else f"also {name}"
    return markdown.link(label, address)


def _graph(report: RunReport) -> str:
    if all(run.outcome is Outcome.SKIPPED for run in report.images):
        return ""  # it would show that nothing was done once more
    chart = charts.graph(report.images)
    if chart is not None:
        as_text = markdown.fold("The graph as text", markdown.block(_tree(report), "text"))
        return f"### Graph\n\n{markdown.block(chart, 'mermaid')}\n\n{as_text}"
    tree = _tree(report)
    return markdown.fold("Graph", markdown.block(tree, "text")) if tree else ""


def _tree(report: RunReport) -> list[str]:
    """Lines that show who is built on whom, for whom no chart is drawn."""
    if not any(run.step.image.parents for run in report.images):
        return []
    return [
        f"{words.SIGNS[run.outcome]} {run.step.image.name}"
        + (f" <- {', '.join(run.step.image.parent_names)}" if run.step.image.parents else "")
        for run in report.images
    ]


def _timeline(report: RunReport) -> str:
    chart = charts.timeline(report.images)
    if chart is None:
        return ""
    return markdown.fold("Who ran when", markdown.block(chart, "mermaid"))


def _skipped(report: RunReport) -> str:
    rows = [
        (markdown.code(run.step.image.name), markdown.text(run.step.reason.detail))
        for run in report.images
        if run.outcome is Outcome.SKIPPED
    ]
    retired = report.plan.retired if report.plan else ()
    rows += [(markdown.code(name), "retired: nothing makes it any more; what was published stays")
             for name in retired]  # fmt: skip
    if not rows:
        return ""
    return markdown.fold(
        f"{words.count(len(rows), 'image')} {words.left_as_is(len(rows))}",
        markdown.table(("Image", "Why"), rows),
    )


def _quoted(raw: str) -> str:
    return "\n".join(f"> {markdown.sentence(line)}" for line in raw.splitlines() if line.strip())
