"""A cure in the terminal's words: errors speak of the step's inputs, here they are options."""

from __future__ import annotations

import re
from typing import Final

from tfimages_action.doors.inputs.table import INPUTS, Input, InputKind

_BY_NAME: Final = {spec.name: spec for spec in INPUTS}
_CURE: Final = re.compile(r"^\s*-> .*$", re.MULTILINE)
_INPUT: Final = re.compile(r"`(?P<name>[a-z]+(?:-[a-z]+)*)(?:: (?P<value>[a-z]+))?`")


def at_home(text: str) -> str:
    """Name the inputs in each cure (`  -> ...`) as options: `local: true` becomes `--local`."""
    return _CURE.sub(lambda cure: _INPUT.sub(_option, cure[0]), text)


def _option(found: re.Match[str]) -> str:
    spec, value = _BY_NAME.get(found["name"]), found["value"]
    if spec is None or (value is None and "-" not in spec.name):
        return found[0]  # a word alone may be anything: `current` is a key of the plan as well
    if spec.kind is InputKind.SECRET:
        return f"`{_variable(spec)}`"
    match value:
        case None:
            return f"`--{spec.name}`"
        case "true" | "false" if spec.kind is InputKind.FLAG:
            return f"`--{'' if value == 'true' else 'no-'}{spec.name}`"
        case _:
            return f"`--{spec.name} {value}`"


def _variable(spec: Input) -> str:
    return "TFHUB_TOKEN" if spec.name == "hub-token" else spec.terminal_variable
