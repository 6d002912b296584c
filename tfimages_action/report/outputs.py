"""The step's outputs, and the report as JSON for later steps. Both are interfaces."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from enum import Enum
from typing import Any, Final

from tfimages_action.core.plan.fan_out import MAX_WAVES
from tfimages_action.core.plan.model import Action
from tfimages_action.core.run.report import ImageRun, Outcome, RunReport
from tfimages_action.report.attestation import subjects

LIMIT_CHARACTERS: Final = 500_000
"""GitHub drops an output above about 512 Ki characters."""
OUTPUTS: Final[dict[str, str]] = {
    "plan": "The plan as JSON: every image with its action and reason.",
    "images": "JSON list of the images that now stand in the registry: name, reference, digest.",
    "changed": "JSON list of the names of the images that were planned to be built.",
    "failed": "JSON list of the names of the images that failed or were blocked.",
    "flists": "JSON object: image name to the address of its flist.",
    "attest-subjects": "With `attest: true`: SHA-256 and name of what this run made, a line each, "
    "as `subject-checksums` of `actions/attest-build-provenance`.",
    "current-tag": "The version that was published.",
    "previous-tag": "The version it was compared with; empty for the first.",
    "waves": "JSON list of waves (`mode: plan`), each a list of legs: `only` for one job.",
    **{
        f"wave-{number}": f"Wave {number} alone, for `strategy.matrix`; `[]` where it is empty."
        for number in range(MAX_WAVES)
    },
}


def outputs_of(report: RunReport, plan_json: str, *, attest: bool = False) -> dict[str, str]:
    """Every output with its text; all are there even when the plan itself erred."""
    plan = report.plan
    values = {
        "plan": plan_json,
        "images": _json([_published(run) for run in report.images if run.digest]),
        "changed": _json(
            [step.image.name for step in plan.steps if step.action is Action.BUILD] if plan else []
        ),
        "failed": _json(
            [
                run.step.image.name
                for run in report.images
                if run.outcome in (Outcome.FAILED, Outcome.BLOCKED)
            ]
        ),
        "flists": _json(
            {run.step.image.name: run.flist.address for run in report.images if run.flist}
        ),
        "attest-subjects": subjects(report) if attest else "",
        "current-tag": plan.current if plan else "",
        "previous-tag": (plan.previous or "") if plan else "",
    }
    waves = dict(enumerate(report.waves))
    values["waves"] = _json(report.waves)
    for number in range(MAX_WAVES):
        values[f"wave-{number}"] = _json(waves.get(number, ()))
    return {name: text if len(text) <= LIMIT_CHARACTERS else "" for name, text in values.items()}


def report_json(report: RunReport) -> str:
    """Render the whole report as JSON, for `tfimages-report.json`."""
    return json.dumps(_plain(report), indent=1, sort_keys=True) + "\n"


def _published(run: ImageRun) -> dict[str, Any]:
    return {
        "name": run.step.image.name,
        "reference": str(run.step.image.reference),
        "digest": run.digest,
        "references": list(run.references),
        "outcome": run.outcome.value,
    }


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            # What is left out of a value's repr is no part of what it says.
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.repr
        }
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return value
