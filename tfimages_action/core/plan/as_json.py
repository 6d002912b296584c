"""The plan as JSON: an interface. These keys stay; more may come to stand beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from json.encoder import encode_basestring as _text
from typing import Any, Final

from tfimages_action.core.plan.model import Plan, Step
from tfimages_action.core.problem import Problem


def plan_as_data(plan: Plan) -> dict[str, Any]:
    """The plan as plain values, ready for `json.dumps`."""
    return {
        "current": plan.current,
        "previous": plan.previous,
        "images": [_step(step) for step in plan.steps],
        "waves": [list(wave) for wave in plan.waves],
        "retired": list(plan.retired),
        "problems": [_problem(problem) for problem in plan.problems],
    }


def plan_as_json(plan: Plan, *, one_line: bool = False) -> str:
    """The plan as JSON text, with an indent of 2 or on one line (as an output needs it)."""
    if one_line:
        return json.dumps(plan_as_data(plan), ensure_ascii=False)
    # With an indent the standard library writes in Python, value by value: too slow for thousands.
    around = json.dumps(plan_as_data(replace(plan, steps=())), indent=2, ensure_ascii=False)
    if not plan.steps:
        return around
    before, after = around.split(_NO_IMAGES, 1)
    steps = ",".join(map(_step_as_json, plan.steps))
    return f"{before}{_NO_IMAGES[:-1]}{steps}\n  ]{after}"


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.image.name,
        "reference": step.image.published_as,
        "action": step.action.value,
        "reason": {
            "kind": step.reason.kind.value,
            "detail": step.reason.detail,
            "chain": list(step.reason.chain),
        },
        "parents": list(step.image.parent_names),
        "fingerprint": step.image.fingerprint,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    place = problem.location
    return {
        "severity": problem.severity.value,
        "message": problem.message,
        "hint": problem.hint,
        "file": place.path if place else None,
        "line": place.line if place else None,
    }


_NO_IMAGES: Final = '"images": []'
_STEP: Final = """
    {
      "name": %s,
      "reference": %s,
      "action": %s,
      "reason": {
        "kind": %s,
        "detail": %s,
        "chain": %s
      },
      "parents": %s,
      "fingerprint": %s
    }"""
"""`_step` in its place."""


def _step_as_json(step: Step) -> str:
    image, reason = step.image, step.reason
    return _STEP % (
        _text(image.name),
        _text(image.published_as),
        _text(step.action),
        _text(reason.kind),
        _text(reason.detail),
        _list(reason.chain, "\n" + " " * 10),
        _list(image.parent_names, "\n" + " " * 8),
        _text(image.fingerprint),
    )


def _list(texts: Sequence[str], start: str) -> str:
    """A list of texts; `start` is where the line of each begins."""
    return f"[{start}{f',{start}'.join(map(_text, texts))}{start[:-2]}]" if texts else "[]"
