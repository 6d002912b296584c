"""The action's door: inputs from the environment, one run, a summary whatever happens."""

from __future__ import annotations

import sys

from tfimages_action.doors.terminal import run


def main() -> None:
    """Run the step and exit with its code."""
    sys.exit(run(["publish"]))
