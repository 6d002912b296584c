"""The terminal's options, made from the table of inputs: same names, same words, same defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import click

from tfimages_action.doors.inputs.table import INPUTS, Input, InputKind

_BY_NAME: Final = {spec.name: spec for spec in INPUTS}
_AT_HOME: Final = {
    "current": "A tag, branch or commit. Default: the version tag on HEAD, else HEAD.",
    "registry-username": "User of the registry; the password is TFIMAGES_REGISTRY_PASSWORD. "
    "Default: both as `docker login` left them.",
}
"""Where an input's own words speak of an event: in a terminal there is none."""

Command = Callable[..., Any]


def input_options(*names: str, **told: str) -> Callable[[Command], Command]:
    """Give a command the options of these inputs. Secrets have none: argv is no place for them.

    `told` says by field what one means to this very command, its default with it.
    """

    def decorate(command: Command) -> Command:
        for name in reversed(names):
            spec = _BY_NAME[name]
            text = told.get(spec.field) or _AT_HOME.get(name) or _help(spec)
            command = _option(spec, text)(command)
        return command

    return decorate


def given_inputs(options: Mapping[str, object]) -> dict[str, str]:
    """Give the texts of the options that were used, by the input's name."""
    given: dict[str, str] = {}
    for spec in INPUTS:
        value = options.get(spec.field)
        match value:
            case None | ():
                continue
            case bool():
                given[spec.name] = "true" if value else "false"
            case tuple():
                given[spec.name] = "\n".join(map(str, value))
            case _:
                given[spec.name] = str(value)
    return given


def _help(spec: Input) -> str:
    """Its words, with the default; an expression is one in action.yml alone."""
    match spec.kind:
        case InputKind.FLAG:
            default = spec.name if spec.default == "true" else ""
        case _:
            default = "" if spec.default.startswith("${{") else spec.default
    return f"{spec.help}  [default: {default}]" if default else spec.help


def _option(spec: Input, text: str) -> Callable[[Command], Command]:
    flag = f"--{spec.name}"
    match spec.kind:
        case InputKind.FLAG:
            return click.option(f"{flag}/--no-{spec.name}", default=None, help=text)
        case InputKind.LIST:
            return click.option(flag, multiple=True, help=f"{text} May be repeated.")
        case InputKind.CHOICE:
            return click.option(flag, type=click.Choice(spec.choices), help=text)
        case InputKind.SECRET:
            raise ValueError(f"{spec.name} is a secret: it has no option")
        case InputKind.TEXT | InputKind.NUMBER | InputKind.SECONDS:
            return click.option(flag, help=text, metavar=spec.kind.upper())
