"""How long stages took in an earlier run, read from its report."""

from __future__ import annotations

import json
from typing import Any

from tfimages_action.core.run.report import Stage
from tfimages_action.pipeline.options import Durations


def read_durations(report: str) -> Durations:
    """The seconds of every stage that ended well in a report's JSON (report/outputs.py).

    It only makes the order better, so a file that is no report is worth nothing, not an error.
    """
    try:
        images = json.loads(report)["images"]
        return {
            (image["step"]["image"]["name"], Stage(run["stage"])): _seconds(run)
            for image in images
            for run in image["stages"]
            if run["ok"]
        }
    except (ValueError, KeyError, TypeError):
        return {}


def _seconds(run: dict[str, Any]) -> float:
    return max(0.0, float(run["ended_s"]) - float(run["started_s"]))
