"""The terminal's door: `tfimages COMMAND`. Each command is imported only when it is used."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import click

from tfimages_action import __version__
from tfimages_action.doors.asked import Asked
from tfimages_action.doors.nearest import NearestGroup
from tfimages_action.errors import ExitCode, TfImagesError

_COMMANDS: Final[dict[str, str]] = {
    "adopt": "adopt:adopt",
    "catalog": "catalog:catalog",
    "completion": "completion:completion",
    "rollback": "rollback:rollback",
    "report": "report:report",
    "graph": "graph:graph",
    "explain": "explain:explain",
    "doctor": "doctor:doctor",
    "check": "check:check",
    "boot": "boot:boot",
    "hub": "hub:hub",
    "init": "init:init",
    "pin": "pin:pin",
    "plan": "plan:plan",
    "publish": "publish:publish",
    "flist": "flist:flist",
    "references": "references:references",
    "verify": "hub:verify",
}
"""Command name -> `module:attribute` below `doors.commands`."""
COMPLETING: Final = "_TFIMAGES_COMPLETE"
"""The variable by which a shell asks what may follow what was typed."""


class LazyGroup(NearestGroup):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*_COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, attribute = _COMMANDS[cmd_name].split(":")
        loaded = importlib.import_module(f"tfimages_action.doors.commands.{module}")
        command = getattr(loaded, attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above names commands
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tfimages")
@click.option("--debug", is_flag=True, help="Show the traceback of an error that is a bug here.")
@click.pass_context
def app(context: click.Context, *, debug: bool) -> None:
    """Plan, build, prove and publish the container images of a repository."""
    context.ensure_object(Asked).debug = debug


def run(arguments: Sequence[str] | None = None, *, asked: Asked | None = None) -> int:
    """Run one command and return its exit code: the terminal's error boundary."""
    asked = asked or Asked()
    if COMPLETING in os.environ:
        importlib.import_module("tfimages_action.doors.commands.completion")  # knows the shells
    try:
        result = app.main(args=arguments, prog_name="tfimages", standalone_mode=False, obj=asked)
    except TfImagesError as error:
        from tfimages_action.doors.inputs.home_words import at_home
        from tfimages_action.report.orders import unobeyed

        click.echo(unobeyed(f"error: {at_home(error.render())}"), err=True)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.REFUSED
    except click.ClickException as error:
        click.echo(f"error: {_told(error)}", err=True)
        return ExitCode.REFUSED
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the process ends here, without a bare traceback
        from tfimages_action.doors.unexpected import end_with

        return end_with(error, os.environ, _say, debug=asked.debug)
    return result if isinstance(result, int) else ExitCode.DONE


def _say(line: str) -> None:
    click.echo(line, err=True)


def _told(error: click.ClickException) -> str:
    """Tell a mistake on the command line in the form of our own errors."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "tfimages"
    message = " ".join(error.format_message().split()).rstrip(".,")
    return f"{message}\n  -> `{command} --help` shows what it takes"


def main() -> None:
    """Run as the console script `tfimages`."""
    asked = Asked()
    code = run(asked=asked)
    if asked.kept:
        _end(code)
    sys.exit(code)


def _end(code: int) -> None:
    """End at once: to free a large plan value by value takes a tenth of its time, and is no use.

    Only for commands that look: they have nothing open, and nothing to do at the end.
    """
    with suppress(OSError):  # nobody reads on: the usual end knows what to do then
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
