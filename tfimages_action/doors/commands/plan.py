"""`tfimages plan`: what would be built, and why. Needs no engine, and no network of its own."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import click

from tfimages_action.doors.looking import look, look_options


@click.command(
    epilog="""\b
Examples:
  tfimages plan --registry ghcr.io/you
  tfimages plan --registry ghcr.io/you --current v28 --previous v27 --json
  tfimages plan --registry ghcr.io/you --worktree
"""
)
@look_options
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
def plan(repo: Path, *, worktree: bool, records: bool, form: str, **options: object) -> None:
    """Show what a release would build, convert or leave alone, with the reason for each image."""
    planned = look(repo, options, worktree=worktree, records=records)
    if form == "json":
        from tfimages_action.core.plan_json import plan_as_json

        click.echo(plan_as_json(planned.plan))
        return
    from tfimages_action.report.plan_table import plan_lines

    width, styled = _terminal()
    for line in plan_lines(planned.plan, width=width, styled=styled):
        click.echo(line)


def _terminal() -> tuple[int | None, bool]:
    """Its width, and whether it takes colours; what goes into a pipe is not wrapped."""
    if not sys.stdout.isatty():
        return None, False
    return shutil.get_terminal_size().columns, "NO_COLOR" not in os.environ
