"""One run from inputs to report: plan, print it, do it, hand it over. Both doors come here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tfimages_action.core.plan.as_json import plan_as_json
from tfimages_action.core.plan.fan_out import fan_out
from tfimages_action.core.plan.model import Action, Plan
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.run.report import ImageRun, Outcome, RunReport
from tfimages_action.core.tree import Revision
from tfimages_action.doors.auditing import open_audit
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.home_words import at_home
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.masking import masker
from tfimages_action.doors.planning.estimating import with_estimate
from tfimages_action.doors.planning.planner import Planned, make_plan, open_sources, registry_of
from tfimages_action.doors.planning.preflight import (
    refuse_missing_large_files,
    refuse_outside_contexts,
    with_missing_large_files,
)
from tfimages_action.doors.planning.readers import Readers
from tfimages_action.doors.planning.revisions import Clone
from tfimages_action.doors.publishing.delivery import deliver, report_place
from tfimages_action.doors.publishing.fitting import settings_for
from tfimages_action.doors.publishing.notifying import notify
from tfimages_action.doors.publishing.occasions import occasion_of
from tfimages_action.doors.publishing.watching import watching
from tfimages_action.doors.stopping import Stopping, stoppable
from tfimages_action.doors.unexpected import trace
from tfimages_action.errors import ExitCode, SettingsError, TfImagesError, known
from tfimages_action.report import commands
from tfimages_action.report.closing import closing_lines
from tfimages_action.report.orders import unobeyed
from tfimages_action.report.plan_table import plan_lines, to_do

if TYPE_CHECKING:
    from tfimages_action.doors.wiring.services import Services

Write = Callable[[str], None]
LOG_WIDTH: Final = 160
"""Where nobody watches: a log is scrolled sideways, not folded."""
_ALIAS: Final = "nothing to do: the tag is an alias"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a door asks for."""

    settings: Settings
    event: Event
    worktree: bool = False
    report_file: Path | None = None
    answer: Write | None = None
    """Takes the report as JSON, once, at the end; `write` is then for the progress alone."""
    live: bool = False
    """Somebody watches in a terminal that can be redrawn."""
    width: int = LOG_WIDTH
    """Of the lines that are written."""
    refused: TfImagesError | None = None
    """The inputs themselves made no sense: there is nothing to run, only to report."""


@dataclass(slots=True)
class _Progress:
    """What is known when the run ends, however it ends."""

    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.monotonic)
    planned: Planned | None = None
    report: RunReport | None = None


def publish_run(request: Request, *, write: Write) -> ExitCode:
    """Plan and run; always hand over a report. Returns the exit code."""
    mask = masker(request.settings.secrets)
    progress = _Progress()

    def say(line: str) -> None:
        write(mask(line if request.event.on_github else at_home(line)))

    settings = request.settings
    try:
        with stoppable() as stopping:
            settings = _fitted(request)
            progress.report = _run(replace(request, settings=settings), progress, stopping, say)
    except Exception as error:  # noqa: BLE001 - whatever it is, the run is handed over and ends
        ours = known(error)
        progress.report = _failed(progress, ours)
        say(unobeyed(f"error: {ours.render()}"))
        for line in trace(error) if request.event.debug else ():
            say(commands.debug(line) if request.event.on_github else line)
    finally:
        if progress.report is not None:
            progress.report = replace(progress.report, mode=settings.mode)
            plan = progress.report.plan
            deliver(
                progress.report,
                request.event,
                plan_json=plan_as_json(plan, one_line=True) if plan else "",
                attest=settings.attest,
                mask=mask,
                write=say,
                report_file=request.report_file,
                answer=request.answer,
            )
            notify(progress.report, settings, request.event, mask=mask, write=say)
            if not request.event.on_github:
                for line in closing_lines(progress.report, width=request.width):
                    say(line)
    return progress.report.exit_code


def _fitted(request: Request) -> Settings:
    if request.refused is not None:
        raise request.refused
    return settings_for(request.settings, request.event)


def _run(request: Request, progress: _Progress, stopping: Stopping, say: Write) -> RunReport:
    from tfimages_action.doors.wiring.services import open_services

    settings, event = request.settings, request.event
    if event.debug and event.on_github:
        say(commands.debug(f"{event.name} of {event.ref} at {event.sha}: {settings}"))
    sources = open_sources(settings, event)
    worktree = _worktree(request, sources.local) if request.worktree else None
    registry = registry_of(settings, event, sources.origin)

    def make(published: Readers | None) -> Planned:
        made = make_plan(
            settings, event, sources, registry=registry, published=published, worktree=worktree
        )
        if settings.mode == "plan":
            made = with_missing_large_files(made)
        progress.planned = made
        for line in (*plan_lines(made.plan, width=request.width), ""):
            say(line)
        return made

    if settings.mode == "plan":
        return _planned_only(progress, make(_what_is_published(settings, event, registry)))
    with open_services(settings, event, registry) as services:
        if settings.mode == "audit":
            audit = open_audit(services, sources, registry, say)
            stopping.call = audit.stop
            return audit.run()
        planned = make(services.published)
        for line in services.engine.warnings:
            say(line)
        hubless = _hubless(services)
        for problem in hubless:
            say(f"{problem.severity}: {problem.message}\n  -> {problem.hint}")
        refuse_outside_contexts(planned, settings)
        if planned.comparison.alias_of:
            return _untouched(progress, planned.plan, _ALIAS)
        refuse_missing_large_files(planned.plan, planned.comparison.current)
        earlier = _earlier_report(request)
        outlook = with_estimate(planned, settings, earlier)
        with watching(event, settings, live=request.live, write=say) as listener:
            run = services.pipeline(
                planned,
                planned.refresh or occasion_of(planned.comparison, event),
                listener=listener,
                earlier_report=earlier,
            )
            stopping.call = run.stop
            done = run.run()
            report = replace(done, outlook=outlook, problems=(*done.problems, *hubless))
        return _finish(report, services, planned, say) if not report.exit_code else report


def _hubless(services: Services) -> tuple[Problem, ...]:
    if not services.hubless:
        return ()
    return (
        Problem(
            severity=Severity.WARNING,
            message=f"flists are made here, without the Hub: {services.hubless}",
            hint=f"they lie in {services.settings.flist_dir}; the next run with a Hub makes them "
            "there",
        ),
    )


def _what_is_published(settings: Settings, event: Event, registry: str) -> Readers | None:
    """For a plan alone: what the registry says. A pull request's is made of its commits."""
    from tfimages_action.doors.wiring.reading import readers_to_look

    if event.pull_request_commits:
        return None
    return readers_to_look(settings, event, registry)[0]


def _finish(report: RunReport, services: Services, planned: Planned, say: Write) -> RunReport:
    """Do what follows when every image is published; a failure there fails the run."""
    try:
        services.finish(planned, say)
    except TfImagesError as error:
        say(unobeyed(f"error: {error.render()}"))
        return replace(report, error=error.render(), exit_code=error.exit_code)
    return report


def _earlier_report(request: Request) -> str:
    """Read what the last run wrote where this one will write: it tells how long stages take."""
    place = report_place(request.event, request.report_file)
    try:
        return place.read_text(encoding="utf-8") if place else ""
    except (OSError, UnicodeDecodeError):
        return ""


def _worktree(request: Request, local: Clone | None) -> Revision:
    if local is None:
        raise SettingsError("there is no worktree here", hint="name the repository with --repo")
    if request.settings.push:
        raise SettingsError(
            "a worktree is not published: nobody could say later what it held",
            hint="commit and tag it, or keep what it makes here: --no-push, with --no-convert or "
            "--local",
        )
    return local.worktree()


def _planned_only(progress: _Progress, planned: Planned) -> RunReport:
    if planned.comparison.alias_of:
        return _untouched(progress, planned.plan, _ALIAS)
    report = _untouched(progress, planned.plan, f"planned: {to_do(planned.plan)}")
    return replace(report, waves=fan_out(planned.plan))


def _untouched(progress: _Progress, plan: Plan, sentence: str) -> RunReport:
    """Report a run that only planned."""
    return RunReport(
        plan=plan,
        images=tuple(
            ImageRun(step=step, outcome=Outcome.SKIPPED)
            for step in plan.steps
            if step.action is Action.SKIP
        ),
        started=progress.started,
        duration_s=time.monotonic() - progress.clock,
        sentence=sentence,
    )


def _failed(progress: _Progress, error: TfImagesError) -> RunReport:
    problem = Problem(
        severity=Severity.ERROR, message=error.message, hint=error.hint, location=error.location
    )
    return RunReport(
        plan=progress.planned.plan if progress.planned else None,
        images=(),
        started=progress.started,
        duration_s=time.monotonic() - progress.clock,
        problems=(problem,),
        error=error.render(),
        exit_code=error.exit_code,
    )
