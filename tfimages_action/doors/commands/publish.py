"""`tfimages publish`: plan, build, check, push, convert. The step on GitHub does the same."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from tfimages_action.doors.asked import Asked
from tfimages_action.doors.inputs.event import read_event
from tfimages_action.doors.inputs.options import given_inputs, input_options
from tfimages_action.doors.inputs.settings import resolve_settings
from tfimages_action.doors.inputs.table import INPUTS, InputKind
from tfimages_action.errors import SettingsError

_INPUTS = tuple(spec.name for spec in INPUTS if spec.kind is not InputKind.SECRET)


@click.command(
    short_help="Build what changed, prove it, push it, convert it.",
    epilog="""\b
Secrets come from the environment: TFHUB_TOKEN, TFIMAGES_REGISTRY_PASSWORD, ...
\b
Examples:
  tfimages publish --registry ghcr.io/you
  tfimages publish --registry 127.0.0.1:5000/me --local --current v2
  tfimages publish --registry ghcr.io/you --worktree --no-push --local
  tfimages publish --registry ghcr.io/you --json | jq '.images[].digest'
""",
)
@click.option(
    "--repo", type=click.Path(path_type=Path), default=Path(), help="The repository. Default: here."
)
@click.option("--worktree", is_flag=True, help="The worktree, with its uncommitted changes.")
@click.option(
    "--summary", type=click.Path(path_type=Path), help="Append the run's summary (Markdown) here."
)
@click.option(
    "--report", type=click.Path(path_type=Path), help="Write the run's report (JSON) here."
)
@input_options(*_INPUTS)
@click.option("--json", "as_json", is_flag=True, help="Print the run's report as JSON.")
def publish(
    repo: Path,
    *,
    worktree: bool,
    summary: Path | None,
    report: Path | None,
    as_json: bool,
    **options: object,
) -> int:
    """Publish a release: build what changed, prove it, push it, convert it."""
    from tfimages_action.doors.publishing.run import LOG_WIDTH, Request, publish_run

    for place in (summary, report):
        if place is not None and not place.absolute().parent.is_dir():
            raise SettingsError(
                f"there is no folder {place.absolute().parent} to write {place.name} to",
                hint="make it first, or name another place",
            )
    settings = resolve_settings(given_inputs(options), os.environ)
    event = read_event(os.environ, workspace=repo, at_home=True)
    asked = click.get_current_context().find_object(Asked)
    event = replace(
        event,
        summary_file=summary or event.summary_file,
        debug=event.debug or (asked is not None and asked.debug),
    )
    live = not as_json and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    request = Request(
        settings=settings,
        event=event,
        worktree=worktree,
        report_file=report,
        answer=click.echo if as_json else None,
        live=live,
        width=shutil.get_terminal_size().columns if live else LOG_WIDTH,
    )
    return publish_run(request, write=partial(click.echo, err=as_json))
