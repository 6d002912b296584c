"""What a plan must satisfy before anything of it is done."""

from __future__ import annotations

from dataclasses import replace

from tfimages_action.core.loopback import is_loopback
from tfimages_action.core.plan.large_files import missing_large_files
from tfimages_action.core.plan.model import Plan
from tfimages_action.core.tree import Revision
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.planner import Planned
from tfimages_action.errors import RevisionError, SettingsError


def refuse_outside_contexts(planned: Planned, settings: Settings) -> None:
    """Refuse to publish what folders outside the repository went into, but to a loopback registry.

    Nobody could build it again from the revision that its label names. Raises `SettingsError`.
    """
    host = planned.registry.partition("/")[0]
    if not settings.push or is_loopback(host):
        return
    for step in planned.plan.builds:
        outside = [context.name for context in step.image.contexts if context.outside]
        if outside:
            raise SettingsError(
                f"{step.image.name} would be built with {outside[0]!r} from outside the repository "
                f"and published to {host}",
                hint="leave --build-context out, use --no-push, or publish to a registry on "
                "127.0.0.1",
            )


def refuse_missing_large_files(plan: Plan, revision: Revision) -> None:
    """Refuse to build from Git LFS pointers. Raises `RevisionError`."""
    problem = missing_large_files(plan, revision)
    if problem is not None:
        raise RevisionError(problem.message, hint=problem.hint, location=problem.location)


def with_missing_large_files(planned: Planned) -> Planned:
    """For those who only look: what a run of this plan would be refused for."""
    problem = missing_large_files(planned.plan, planned.comparison.current)
    if problem is None:
        return planned
    plan = replace(planned.plan, problems=(*planned.plan.problems, problem))
    return replace(planned, plan=plan)
