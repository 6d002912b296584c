"""`tfimages plan`: what would be built, and why. No engine; a network for `--records` alone."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tfimages_action.doors.inputs.options import given_inputs
from tfimages_action.doors.inputs.settings import resolve_settings
from tfimages_action.doors.looking import look, look_options

if TYPE_CHECKING:
    from tfimages_action.core.plan.model import Plan


@click.command(
    short_help="Show what a release would build, and why.",
    epilog="""\b
Examples:
  tfimages plan --registry ghcr.io/you
  tfimages plan --registry ghcr.io/you --current v28 --previous v27 --json
  tfimages plan --registry ghcr.io/you --worktree
  tfimages plan --registry ghcr.io/you --records --hub-user you.3bot
  tfimages plan --registry ghcr.io/you --durations tfimages-report.json
""",
)
@look_options
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option(
    "--durations",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An earlier run's report: say how long this one would take.",
)
def plan(
    repo: Path,
    *,
    worktree: bool,
    records: bool,
    form: str,
    durations: Path | None,
    **options: object,
) -> None:
    """Show what a release would build, convert or leave alone, with the reason for each image."""
    planned = look(repo, options, worktree=worktree, records=records)
    if form == "json":
        from tfimages_action.core.plan.as_json import plan_as_json

        click.echo(plan_as_json(planned.plan))
    else:
        from tfimages_action.report.plan_table import plan_lines

        width, styled = _terminal()
        for line in plan_lines(planned.plan, width=width, styled=styled):
            click.echo(line)
    if durations is not None:
        # Beside the JSON, which is an interface.
        click.echo(_expected(planned.plan, options, durations), err=form == "json")


def _expected(plan: Plan, options: Mapping[str, object], report: Path) -> str:
    from tfimages_action.doors.planning.estimating import expected_s
    from tfimages_action.report import words

    settings = resolve_settings(given_inputs(options), os.environ)
    text = report.read_text(encoding="utf-8", errors="replace")
    seconds = expected_s(plan, settings, text)
    if seconds is None:
        return f"{report} does not know most of these builds: no guess how long they take"
    return f"{words.about(seconds)}, by {report}"


def _terminal() -> tuple[int | None, bool]:
    """Its width, and whether it takes colours; what goes into a pipe is not wrapped."""
    if not sys.stdout.isatty():
        return None, False
    return shutil.get_terminal_size().columns, not os.environ.get("NO_COLOR")
