"""Build one image as it stands, with whatever it is built on; nothing is published."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfimages_action.core import graph
from tfimages_action.core.catalog.model import Catalog, no_such_image
from tfimages_action.core.config.checks import CheckPlan
from tfimages_action.core.plan.decide import decide
from tfimages_action.core.plan.knowledge import Knowledge
from tfimages_action.core.plan.model import Plan, Step
from tfimages_action.core.plan.selection import Selection
from tfimages_action.core.run.events import Event as RunEvent
from tfimages_action.core.run.events import Listener, StageEnded, StageStarted
from tfimages_action.core.run.report import RunReport, Stage, StageRun
from tfimages_action.core.run.work import Built, CheckResult, Log
from tfimages_action.doors.inputs.event import read_event
from tfimages_action.doors.inputs.options import given_inputs
from tfimages_action.doors.inputs.settings import resolve_settings
from tfimages_action.doors.planning.planner import make_plan, open_sources, registry_of
from tfimages_action.doors.planning.preflight import refuse_missing_large_files
from tfimages_action.doors.publishing.occasions import occasion_of
from tfimages_action.doors.stopping import Stopping, stoppable
from tfimages_action.report.console import Console

if TYPE_CHECKING:
    from tfimages_action.pipeline.ports import Checker


@dataclass(slots=True)
class Caught:
    """Stands in for the checker: keeps what was built, to be booted by hand."""

    wanted: str
    built: Built | None = None

    def check(self, built: Built, *, log: Log, stop: threading.Event) -> Sequence[CheckResult]:
        """Let everything pass; the wanted image is kept."""
        log(f"{built.image.name} is built{' (stopped)' if stop.is_set() else ''}")
        if built.image.name == self.wanted:
            self.built = built
        return ()


@contextmanager
def tried(
    image: str,
    repo: Path,
    options: Mapping[str, object],
    *,
    write: Callable[[str], None],
    checker: Checker | None = None,
) -> Iterator[tuple[RunReport, Stopping]]:
    """Build `image` of the worktree (or of `current`), then check it; the engine stays open.

    What it is built on is built too (the engine's cache makes that quick) and not checked. A signal
    ends the run; what it does afterwards is up to the caller (`Stopping.call`).
    """
    from tfimages_action.doors.wiring.services import open_services

    given = resolve_settings(given_inputs(options), os.environ)
    settings = replace(given, push=False, convert=False)
    event = read_event(os.environ, workspace=repo, at_home=True)
    sources = open_sources(settings, event)
    registry = registry_of(settings, event, sources.origin)
    tree = sources.local.worktree() if sources.local and not settings.current else None
    seen = make_plan(settings, event, sources, registry=registry, worktree=tree)
    planned = replace(seen, plan=plan_of_one(seen.catalog, image))
    refuse_missing_large_files(planned.plan, planned.comparison.current)
    with (
        stoppable() as stopping,
        # The next try is quick by the build cache; each of them would leave images behind.
        open_services(settings, event, registry, keep_images=False) as services,
    ):
        run = services.pipeline(
            planned,
            occasion_of(planned.comparison, event),
            listener=_listener(write, checked=checker is None),
            checker=checker,
        )
        stopping.call = run.stop
        yield run.run(), stopping


def _listener(write: Callable[[str], None], *, checked: bool) -> Listener:
    """Tell all of a check; of a build alone, its stages, and its log where it fails."""
    console = Console(write, on_github=False, verbose=checked)
    if checked:
        return console

    def listen(event: RunEvent) -> None:
        match event:
            case StageStarted(stage=Stage.CHECK) | StageEnded(run=StageRun(stage=Stage.CHECK)):
                return  # nothing was
            case _:
                console(event)

    return listen


def plan_of_one(catalog: Catalog, image: str) -> Plan:
    """A plan that builds one image and all that it is built on, and checks that one alone."""
    parents = {known.name: known.parent_names for known in catalog.images}
    if image not in parents:
        raise no_such_image(image, catalog.images)
    below = graph.ancestors(parents, [image])
    only = Selection(only=(image, *sorted(below)), descendants=False)
    plan = decide(Knowledge(current=catalog, previous=None, selection=only))
    return replace(plan, steps=tuple(_unchecked(step, image) for step in plan.steps))


def _unchecked(step: Step, image: str) -> Step:
    if step.image.name == image:
        return step
    return replace(step, image=replace(step.image, checks=CheckPlan()))
