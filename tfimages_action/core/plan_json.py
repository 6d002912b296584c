"""The plan as JSON: an interface. These keys stay; more may come to stand beside them."""

from __future__ import annotations

import json
from dataclasses import replace
from json.encoder import encode_basestring
from typing import Any, Final

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
    if indent is None or not plan.steps:
        return json.dumps(plan_as_data(plan), indent=indent, ensure_ascii=False)
    # With an indent the standard library writes in Python, value by value: too slow for thousands.
    around = json.dumps(plan_as_data(replace(plan, steps=())), indent=indent, ensure_ascii=False)
    before, after = around.split(_NO_IMAGES, 1)
    one, two = " " * indent, "\n" + " " * indent * 2
    images = ",".join([two + _indented(_step(step), two, one) for step in plan.steps])
    return f"{before}{_NO_IMAGES[:-1]}{images}\n{one}]{after}"


_NO_IMAGES: Final = '"images": []'
_text: Final = encode_basestring


def _indented(value: dict[str, Any], start: str, by: str) -> str:
    """A mapping of texts, lists of texts and such mappings; `start` is its own line's beginning."""
    inner = start + by
    parts = []
    for key, item in value.items():
        if isinstance(item, str):
            text = _text(item)
        elif isinstance(item, dict):
            text = _indented(item, inner, by)
        elif item:
            text = f"[{','.join([inner + by + _text(each) for each in item])}{inner}]"
        else:
            text = "[]"
        parts.append(f'{inner}"{key}": {text}')
    return f"{{{','.join(parts)}{start}}}"


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
