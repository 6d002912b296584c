"""The action's door: inputs from the environment, one run, a summary whatever happens."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tfimages_action import __version__


def main() -> None:
    """Run the step and exit with its code."""
    say(f"tf-images {__version__}")
    try:
        code = _step()
    except Exception as error:  # noqa: BLE001 - the process ends here, without a bare traceback
        from tfimages_action.doors.unexpected import end_with

        debug = os.environ.get("RUNNER_DEBUG") == "1"
        code = end_with(error, os.environ, say, debug=debug)
    sys.exit(code)


def _step() -> int:
    if sys.argv[1:] == ["hub"]:
        # hub/action.yml: one thing on the Hub, on the same image.
        from tfimages_action.doors.hub.step import run_hub_step

        return run_hub_step()
    return run()


def run() -> int:
    """Run the step: the action's error boundary."""
    # Imported here, so that the first line stands in the log while the rest is still loading.
    from tfimages_action.doors.inputs.event import read_event
    from tfimages_action.doors.inputs.settings import Settings, resolve_settings
    from tfimages_action.doors.publishing.run import Request, publish_run
    from tfimages_action.errors import TfImagesError

    event = read_event(os.environ, workspace=Path.cwd())
    try:
        settings = resolve_settings({}, os.environ)
    except TfImagesError as error:
        request = Request(settings=Settings(), event=event, refused=error)
    else:
        request = Request(settings=settings, event=event)
    return publish_run(request, write=say)


def say(line: str) -> None:
    """Write one line to the job's log at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
