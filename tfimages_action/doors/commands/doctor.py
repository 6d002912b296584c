"""`tfimages doctor`: is all there that a run needs? Each line is ok, or says what mends it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from tfimages_action.doors.inputs.event import read_event
from tfimages_action.doors.inputs.options import given_inputs, input_options
from tfimages_action.doors.inputs.settings import resolve_settings
from tfimages_action.doors.looking import repository_option
from tfimages_action.errors import ExitCode


@click.command(
    short_help="Ask whether a run would find what it needs.",
    epilog="""\b
Nothing is changed. Secrets come from the environment: TFHUB_TOKEN, TFIMAGES_REGISTRY_PASSWORD.
\b
Examples:
  tfimages doctor --registry ghcr.io/you
  tfimages doctor --registry 127.0.0.1:5000/me --local --json
""",
)
@repository_option
@input_options(
    "registry",
    "registry-username",
    "images-dir",
    "hub-url",
    "hub-user",
    "local",
    "flist-dir",
    "without-hub",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(repo: Path, *, as_json: bool, **options: object) -> int:
    """Ask engine, registry, Hub and repository whether a run would find what it needs."""
    from tfimages_action.doors.doctor.findings import examine
    from tfimages_action.doors.inputs.home_words import at_home

    settings = resolve_settings(given_inputs(options), os.environ)
    event = read_event(os.environ, workspace=repo, at_home=True)
    found = []
    for finding in examine(settings, event):
        found.append(finding)
        if not as_json:
            click.echo(f"{'ok' if finding.ok else 'NOT OK':7} {finding.what:12} {finding.detail}")
            if not finding.ok and finding.cure:
                click.echo(at_home(f"{'':7} -> {finding.cure}"))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], indent=2))
    return ExitCode.DONE if all(finding.ok for finding in found) else ExitCode.FAILED
