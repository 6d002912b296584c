"""Tell people beside the summary: nobody reads the page of a run that a clock started."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tfimages_action.core.run.report import RunReport
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.errors import ExitCode, TfImagesError
from tfimages_action.report.summary import render_summary

TITLE: Final = "The refresh of the images fails"
_BODY_BYTES: Final = 60_000
"""GitHub takes 65,536 characters."""
_STOPPED: Final = {ExitCode.INTERRUPTED, ExitCode.TERMINATED}


def notify(
    report: RunReport,
    settings: Settings,
    event: Event,
    *,
    mask: Callable[[str], str],
    write: Callable[[str], None],
) -> None:
    """Open, keep or close the issue of a refresh, if that was asked for. Never raises ours.

    A run that somebody stopped says nothing about the images.
    """
    # Inputs that were refused have not been fitted to the event.
    is_refresh = settings.mode == "refresh" or (settings.mode, event.name) == ("auto", "schedule")
    wanted = settings.notify == "issue" and is_refresh and event.on_github
    if not wanted or report.exit_code in _STOPPED:
        return
    from tfimages_action.adapters.issues import FailureIssue

    issue = FailureIssue(
        api_url=event.api_url,
        repository=event.repository,
        token=settings.github_token,
        title=TITLE,
    )
    try:
        if report.exit_code is ExitCode.DONE:
            closed = issue.passing(f"It passes again: {event.run_url}")
            if closed:
                write(f"closed {closed}")
            return
        page = mask(render_summary(report, limit_bytes=_BODY_BYTES))
        write("the failure stands in " + issue.failing(f"{event.run_url}\n\n{page}"))
    except TfImagesError as error:
        write(f"nobody was told: {error.render()}")
