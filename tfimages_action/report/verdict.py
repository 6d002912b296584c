"""What became of a run, in one sentence: the head of its page, the last line in a terminal."""

from __future__ import annotations

from typing import Final

from tfimages_action.core.plan import wording
from tfimages_action.core.plan.model import Plan
from tfimages_action.core.plan.preview import Outlook
from tfimages_action.core.run.report import Outcome, RunReport
from tfimages_action.report import markdown, words

_OF: Final = {
    "audit": "audit of ",
    "plan": "plan of ",
    "preview": "preview of ",
    "refresh": "refresh of ",
}
_CAUSES: Final = 3
"""Named in a preview's sentence; the table of images has them all."""


def headline(report: RunReport) -> str:
    """The page's title, and what became of the run."""
    title = "## tf-images"
    if report.plan is not None:
        title += (
            f": {_OF.get(report.mode, '')}{markdown.text(wording.revision(report.plan.current))}"
        )
    return f"{title}\n\n{_sentence(report)}"


def verdict(report: RunReport) -> str:
    """How many images fared how, or why none did anything. Plain text."""
    if report.sentence:
        return report.sentence
    counts = {outcome: sum(run.outcome is outcome for run in report.images) for outcome in Outcome}
    skipped = counts.pop(Outcome.SKIPPED)
    said = [f"{counts[outcome]} {outcome}" for outcome in _ORDER if counts[outcome]]
    if said:
        return ", ".join(said) + (f", {skipped} {words.left_as_is(skipped)}" if skipped else "")
    if report.error and not report.images:
        return "nothing was done"
    # What a refresh leaves alone need not be on the newest bases: it says which it could not ask.
    state = words.left_as_is(skipped) if report.mode == "refresh" else "up to date"
    return f"nothing to do: {words.count(skipped, 'image')} {state}"


_ORDER: Final = (
    Outcome.PUBLISHED,
    Outcome.BUILT,
    Outcome.REUSED,
    Outcome.FAILED,
    Outcome.BLOCKED,
)


def _sentence(report: RunReport) -> str:
    took = words.duration(report.duration_s)
    if report.plan is None:
        return f"❌ **Nothing was built: the plan could not be made** ({took})."
    outcomes = {run.outcome for run in report.images}
    bad = report.error or report.exit_code or outcomes & {Outcome.FAILED, Outcome.BLOCKED}
    said = f"{'❌' if bad else '✅'} **{markdown.text(verdict(report))}** in {took}"
    if report.mode not in {"audit", "refresh"}:
        said += f", {_compared(report.plan)}"
    return f"{said}.\n\n{_outlook(report.outlook)}" if report.outlook else f"{said}."


def _compared(plan: Plan) -> str:
    if plan.previous is None:
        return "the first release"
    return f"compared with {markdown.code(wording.revision(plan.previous))}"


def _outlook(outlook: Outlook) -> str:
    """Say both counts of a preview: this change, and the next release with it."""
    changed = words.count(len(outlook.changed), "image")
    parts = [f"This change touches **{changed}**"]
    release = words.count(len(outlook.next_builds), "image")
    because = [f"{n} of them only because of {markdown.code(name)}" for name, n in outlook.causes]
    shown = because[:_CAUSES]
    since = (
        f" since {markdown.code(wording.revision(outlook.since))}"
        if outlook.since
        else ", as the first one"
    )
    parts.append(f"the next release would then build **{release}**{since}")
    if outlook.next_s is not None:
        shown.append(f"{words.about(outlook.next_s)} by an earlier run's report")
    text = "; ".join(parts) + (f" ({', '.join(shown)})" if shown else "")
    return f"{text}. Nothing was pushed."
