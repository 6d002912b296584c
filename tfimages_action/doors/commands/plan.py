"""`tfimages plan`: what would be built, and why. Needs no engine, and no network of its own."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tfimages_action.doors.event import read_event
from tfimages_action.doors.options import given_inputs, input_options
from tfimages_action.doors.settings import resolve_settings

_INPUTS = (
    "registry", "images-dir", "current", "previous", "force-all", "only", "with-descendants",
    "build-context",
)  # fmt: skip


@contextmanager
def _uncollected() -> Iterator[None]:
    """A plan makes a great many values and no garbage: looking for it costs a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # what was made stays to the end: nothing of it is worth a look
        gc.enable()


@click.command(
    epilog="""\b
Examples:
  tfimages plan --registry ghcr.io/you
  tfimages plan --registry ghcr.io/you --current v28 --previous v27 --format json
  tfimages plan --registry ghcr.io/you --worktree
"""
)
@click.option(
    "--repo", type=click.Path(path_type=Path), default=Path(), help="The repository. Default: here."
)
@input_options(*_INPUTS)
@click.option("--worktree", is_flag=True, help="The worktree, with its uncommitted changes.")
@click.option("--records", is_flag=True, help="Ask the registry what is published.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
def plan(repo: Path, *, worktree: bool, records: bool, form: str, **options: object) -> None:
    """Show what a release would build, convert or leave alone, with the reason for each image."""
    from tfimages_action.core.plan_json import plan_as_json
    from tfimages_action.doors.knowledge import Published
    from tfimages_action.doors.planning import make_plan, open_sources, registry_of

    settings = resolve_settings(given_inputs(options), os.environ)
    event = read_event(os.environ, workspace=repo, at_home=True)
    sources = open_sources(settings, event)
    registry = registry_of(settings, event, sources.origin)
    published = None
    if records:
        from tfimages_action.doors.services import record_reader

        published = Published(records=record_reader(settings, event, registry).read)
    tree = sources.local.worktree() if worktree and sources.local else None
    with _uncollected():
        planned = make_plan(
            settings, event, sources, registry=registry, published=published, worktree=tree
        )
    if form == "json":
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
