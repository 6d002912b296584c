"""The terminal's options, made from the table of inputs: same names, same words, same defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import click

from tfimages_action.doors.inputs import INPUTS, Input, InputKind

_BY_NAME: Final = {spec.name: spec for spec in INPUTS}

Command = Callable[..., Any]


def input_options(*names: str) -> Callable[[Command], Command]:
    """Give a command the options of these inputs. Secrets have none: argv is no place for them."""

    def decorate(command: Command) -> Command:
        for name in reversed(names):
            command = _option(_BY_NAME[name])(command)
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


def _option(spec: Input) -> Callable[[Command], Command]:
    flag, text = f"--{spec.name}", spec.help
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
