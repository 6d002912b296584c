"""`tfimages explain IMAGE`: why one image would be built or not, down to the file that differs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from tfimages_action.doors.looking import image_argument, look, look_options

_UNWRAPPED: Final = 100_000


@click.command(
    short_help="Say why an image would be built or left alone.",
    epilog="""\b
Examples:
  tfimages explain nextcloud --registry ghcr.io/you
  tfimages explain ubuntu:24.04 --registry ghcr.io/you --worktree --json
""",
)
@image_argument
@look_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(
    image: str, repo: Path, *, worktree: bool, records: bool, as_json: bool, **options: object
) -> None:
    """Say why IMAGE would be built or left alone: the way to the cause, and what differs there."""
    from tfimages_action.core.plan.explain import explain as explained

    plan = look(repo, options, worktree=worktree, records=records).plan
    found = explained(plan, image)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    from tfimages_action.report.plan_table import explanation_tree

    # What goes into a pipe is not wrapped.
    width = None if sys.stdout.isatty() else _UNWRAPPED
    Console(highlight=False, width=width).print(explanation_tree(found))
