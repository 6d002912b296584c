"""The action `hub/`: one thing on the Hub as a step of its own, in the words of publish-flist."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tfimages_action.core.problem import Problem, Severity
from tfimages_action.doors.hub import actions as hub_actions
from tfimages_action.doors.hub.done import Done
from tfimages_action.doors.inputs.settings import Settings, resolve_settings, secrets_in
from tfimages_action.doors.masking import masker
from tfimages_action.doors.unexpected import trace
from tfimages_action.errors import ExitCode, SettingsError, known
from tfimages_action.flist.merkle import VERSION
from tfimages_action.report import commands

Perform = Callable[[Settings, str, str], Done]
"""Takes settings, `name` and `target`."""


def _convert(settings: Settings, name: str, target: str) -> Done:
    return hub_actions.convert(settings, name, target or None, proof=settings.verify)


def _upload(settings: Settings, name: str, target: str) -> Done:
    return hub_actions.upload(settings, Path(target or "."), name)


def _verify(settings: Settings, name: str, target: str) -> Done:
    if not target or target.startswith(f"{VERSION}:"):
        return hub_actions.verify(settings, name, target or None)
    return hub_actions.verify(settings, name, None, target)


def _merge(settings: Settings, name: str, target: str) -> Done:
    return hub_actions.merge(settings, name, target.split())


ACTIONS: Final[Mapping[str, tuple[Perform, str]]] = {
    "convert": (_convert, "optional"),
    "upload": (_upload, "needed"),
    "publish": (_upload, "optional"),
    "link": (hub_actions.link, "needed"),
    "symlink": (hub_actions.link, "needed"),
    "crosslink": (
        lambda settings, name, target: hub_actions.link(settings, target, name),
        "needed",
    ),
    "tag": (hub_actions.tag, "needed"),
    "untag": (
        lambda settings, name, target: hub_actions.tag(settings, name, target, remove=True),
        "needed",
    ),
    "crosstag": (hub_actions.crosstag, "needed"),
    "promote": (hub_actions.promote, "needed"),
    "rename": (hub_actions.rename, "needed"),
    "delete": (lambda settings, name, _: hub_actions.delete(settings, name), "unused"),
    "merge": (_merge, "needed"),
    "readlink": (lambda settings, name, _: hub_actions.readlink(settings, name), "unused"),
    "verify": (_verify, "optional"),
}
"""What the input `action` may say; what it does; whether it takes `target`."""


def run_hub_step(
    environment: Mapping[str, str] = os.environ, *, write: Callable[[str], object] | None = None
) -> int:
    """Run the step: its error boundary. Returns the exit code."""
    say = write or _say
    mask = masker(secrets_in(environment))
    try:
        settings = resolve_settings({}, environment)
        done = _perform(settings, environment)
    except Exception as error:  # noqa: BLE001 - whatever it is, the step ends with a masked word
        ours = known(error)
        problem = Problem(severity=Severity.ERROR, message=ours.message, hint=ours.hint)
        say(mask(commands.annotation(problem)))
        for line in trace(error) if environment.get("RUNNER_DEBUG") == "1" else ():
            say(mask(commands.debug(line)))
        return ours.exit_code
    say(mask(done.text))
    _output(environment.get("GITHUB_OUTPUT", ""), str(done.data.get("linkpoint") or ""))
    return ExitCode.DONE


def _perform(settings: Settings, environment: Mapping[str, str]) -> Done:
    given = {
        word: environment.get(f"INPUT_{word.upper()}", "").strip()
        for word in ("action", "name", "target")
    }
    if given["action"] not in ACTIONS:
        raise SettingsError(f"action is {given['action']!r}", hint=f"one of: {', '.join(ACTIONS)}")
    perform, target = ACTIONS[given["action"]]
    if not given["name"] or (target == "needed" and not given["target"]):
        missing = "target" if given["name"] else "name"
        raise SettingsError(f"{given['action']} needs the input `{missing}`")
    return perform(settings, given["name"], given["target"])


def _output(place: str, linkpoint: str) -> None:
    if not place:
        return
    from actions_toolkit.file_command import prepare_key_value_message

    with Path(place).open("a", encoding="utf-8") as file:
        file.write(f"{prepare_key_value_message('linkpoint', linkpoint)}\n")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
