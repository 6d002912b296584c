"""The plan as JSON: an interface. These keys stay; more may come to stand beside them."""

from __future__ import annotations

import json
from typing import Any

from tfimages_action.core.catalog import Image, Kind
from tfimages_action.core.plan import Plan, Step


def plan_as_data(plan: Plan) -> dict[str, Any]:
    """The plan as plain values, ready for `json.dumps`."""
    return {
        "current": plan.current,
        "previous": plan.previous,
        "images": [_step(step) for step in plan.steps],
        "waves": [list(wave) for wave in plan.waves],
        "retired": list(plan.retired),
    }


def plan_as_json(plan: Plan, *, indent: int | None = 2) -> str:
    """The plan as JSON text; `indent=None` puts it on one line, as an output needs it."""
    return json.dumps(plan_as_data(plan), indent=indent, ensure_ascii=False)


def shown_reference(image: Image) -> str:
    """What an image is called outside: a VM is no image of a registry, but an flist of the Hub."""
    return image.flist if image.kind is Kind.VM else str(image.reference)


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.image.name,
        "reference": shown_reference(step.image),
        "action": step.action.value,
        "reason": {
            "kind": step.reason.kind.value,
            "detail": step.reason.detail,
            "chain": list(step.reason.chain),
        },
        "parents": list(step.image.parent_names),
        "fingerprint": step.image.fingerprint,
    }
