"""How long things would take, where a report of an earlier run tells."""

from __future__ import annotations

from dataclasses import replace

from tfimages_action.core.plan.model import Plan
from tfimages_action.core.plan.preview import Outlook
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.planner import Planned
from tfimages_action.doors.wiring.services import options_of


def expected_s(plan: Plan, settings: Settings, earlier_report: str) -> float | None:
    """The seconds that a run of the plan would take; `None` where the report (JSON) won't tell."""
    from tfimages_action.pipeline.durations import read_durations
    from tfimages_action.pipeline.estimate import estimate_s

    return estimate_s(plan, read_durations(earlier_report), options_of(settings))


def with_estimate(planned: Planned, settings: Settings, earlier_report: str) -> Outlook | None:
    """A preview's outlook, and how long the next release would take."""
    if planned.outlook is None or planned.release is None:
        return planned.outlook
    seconds = expected_s(planned.release, settings, earlier_report)
    return replace(planned.outlook, next_s=seconds)
