"""What a plan must satisfy before anything of it is done."""

from __future__ import annotations

from tfimages_action.core.loopback import is_loopback
from tfimages_action.doors.planning import Planned
from tfimages_action.doors.settings import Settings
from tfimages_action.errors import SettingsError


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
