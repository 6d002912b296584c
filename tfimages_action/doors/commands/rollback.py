"""`tfimages rollback IMAGE VERSION`: the moving names of one image back to an older release."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import click

from tfimages_action.doors.inputs.event import read_event
from tfimages_action.doors.inputs.options import given_inputs, input_options
from tfimages_action.doors.inputs.settings import resolve_settings
from tfimages_action.doors.looking import image_argument, repository_option

_INPUTS = (
    "registry", "registry-username", "images-dir", "convert", "local", "flist-dir", "hub-url",
    "hub-user", "flist-layout",
)  # fmt: skip


@click.command(
    short_help="Let an image's moving names serve an older release.",
    epilog="""\b
Nothing is built or deleted. The names stay there, whatever is repaired or refreshed,
until a release above all that there are now is published. To end it sooner,
roll "back" to the newest.
The Hub's token comes from the environment: TFHUB_TOKEN.
\b
Examples:
  tfimages rollback ubuntu:24.04 v27 --registry ghcr.io/you
  tfimages rollback nextcloud v27 --registry 127.0.0.1:5000/me --local
  tfimages rollback nextcloud v27 --registry ghcr.io/you --no-convert
""",
)
@image_argument
@click.argument("version")
@repository_option
@input_options(*_INPUTS)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rollback(image: str, version: str, repo: Path, *, as_json: bool, **options: object) -> None:
    """Let IMAGE's moving names, in the registry and of its flist, serve VERSION again."""
    from tfimages_action.core.tags import parse_version_tag, require_version_tag
    from tfimages_action.doors.planning.planner import make_plan, open_sources, registry_of
    from tfimages_action.doors.publishing.fitting import settings_for
    from tfimages_action.doors.wiring.services import open_services
    from tfimages_action.pipeline.moving import rollback as roll_back

    wanted = require_version_tag(version)
    event = read_event(os.environ, workspace=repo, at_home=True)
    given = resolve_settings(given_inputs(options), os.environ)
    settings = settings_for(given, event)
    sources = open_sources(settings, event)
    registry = registry_of(settings, event, sources.origin)
    planned = make_plan(settings, event, sources, registry=registry)
    with open_services(settings, event, registry) as services:
        done = roll_back(
            planned.catalog,
            image,
            wanted,
            known=filter(None, map(parse_version_tag, sources.tags)),
            publisher=services.engine.publisher,
            converter=services.converter(planned),
            log=lambda line: click.echo(line, err=True),
            stop=threading.Event(),
        )
    if as_json:
        told = {"image": image, "version": version, "digest": done.digest}
        told["flist"] = done.flist.stable_address if done.flist else None
        told["until_above"] = done.until_above.text if done.until_above else None
        click.echo(json.dumps(told))
        return
    if done.digest:
        click.echo(f"{done.image.reference} serves {version} ({done.digest})")
    if done.flist:
        click.echo(f"{done.flist.stable_address} serves {done.flist.name}")
    if done.until_above:
        click.echo(f"it stays there until a release above {done.until_above.text} is published")
