"""Make `.github/workflows/fan-out.yaml`: a plan, its waves as matrices, and what is left over.

A workflow's jobs can't be computed, so the waves are written out; only their numbers differ.
"""

from __future__ import annotations

from typing import Any, Final

import yaml

from tfimages_action.core.plan.fan_out import MAX_WAVES

_CHECKOUT: Final = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
_CHECKOUT_VERSION: Final = "v7.0.1"
_HEAD: Final = """\
# Made by `make generate` (scripts/fan_out.py).
# Publishes over many runners: one job plans, each image has a job of its own in the wave after its
# parents', and the last job gives what did not change its names and repairs what a leg left undone.
"""
_ACTION: Final = "./"


def render_fan_out() -> str:
    """Return the workflow's text."""
    waves = {f"wave-{number}": _wave(number) for number in range(MAX_WAVES)}
    workflow: dict[str, Any] = {
        "name": "fan-out",
        "on": {
            "workflow_call": {
                "inputs": {
                    "force-all": {
                        "description": "Build every image, changed or not",
                        "type": "boolean",
                        "default": False,
                    },
                    "builder": {
                        "description": "A BuildKit of yours, in place of each runner's",
                        "type": "string",
                        "default": "",
                    },
                },
                "secrets": {
                    "TFHUB_TOKEN": {"description": "Token of your 3bot", "required": False}
                },
            }
        },
        "permissions": {},
        "jobs": {"plan": _plan(), **waves, "finish": _finish()},
    }
    text = yaml.safe_dump(workflow, sort_keys=False, width=100)
    return _HEAD + text.replace(_CHECKOUT, f"{_CHECKOUT} # {_CHECKOUT_VERSION}")


def _plan() -> dict[str, Any]:
    outputs = {f"wave-{n}": f"${{{{ steps.plan.outputs.wave-{n} }}}}" for n in range(MAX_WAVES)}
    step = _step({"mode": "plan", "force-all": "${{ inputs.force-all }}"})
    return {
        "runs-on": "ubuntu-24.04",
        "timeout-minutes": 20,
        "permissions": {"contents": "read", "packages": "read"},
        "outputs": outputs,
        "steps": [_checkout(), {"id": "plan", **step}],
    }


def _wave(number: int) -> dict[str, Any]:
    before = ["plan", *([f"wave-{number - 1}"] if number else [])]
    legs = f"needs.plan.outputs.wave-{number}"
    return {
        "name": "${{ matrix.only }}",
        "needs": before,
        # A leg that failed costs its own descendants, not the whole wave after it.
        "if": f"!cancelled() && needs.plan.result == 'success' && {legs} != '[]'",
        "strategy": {"fail-fast": False, "matrix": {"only": f"${{{{ fromJSON({legs}) }}}}"}},
        **_publishing({"only": "${{ matrix.only }}", "with-descendants": "false"}),
    }


def _finish() -> dict[str, Any]:
    return {
        "needs": ["plan", *(f"wave-{number}" for number in range(MAX_WAVES))],
        "if": "!cancelled() && needs.plan.result == 'success'",
        **_publishing({}),
    }


def _publishing(inputs: dict[str, str]) -> dict[str, Any]:
    given = {
        "mode": "publish",
        "hub-token": "${{ secrets.TFHUB_TOKEN }}",
        "force-all": "${{ inputs.force-all }}",
        "builder": "${{ inputs.builder }}",
        **inputs,
    }
    return {
        "runs-on": "ubuntu-24.04",
        "timeout-minutes": 350,
        "environment": "hub",
        "permissions": {"contents": "read", "packages": "write"},
        "steps": [_checkout(), _step(given)],
    }


def _checkout() -> dict[str, Any]:
    return {"uses": _CHECKOUT, "with": {"fetch-depth": 0, "persist-credentials": False}}


def _step(inputs: dict[str, str]) -> dict[str, Any]:
    return {"uses": _ACTION, "with": inputs}
