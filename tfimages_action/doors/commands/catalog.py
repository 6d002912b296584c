"""`tfimages catalog`: the page for those who boot the images."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tfimages_action.doors.inputs.event import read_event
from tfimages_action.doors.inputs.options import given_inputs, input_options
from tfimages_action.doors.inputs.settings import Settings, resolve_settings

if TYPE_CHECKING:
    from tfimages_action.doors.cataloguing import Asked
    from tfimages_action.doors.inputs.event import Event


@click.command(
    short_help="Show the images with the addresses of their flists.",
    epilog="""\b
Examples:
  tfimages catalog --registry ghcr.io/you --hub-user you.3bot
  tfimages catalog --registry ghcr.io/you --hub-user you.3bot --format html > index.html
  tfimages catalog --offline
""",
)
@click.option(
    "--repo", type=click.Path(path_type=Path), default=Path(), help="The repository. Default: here."
)
@click.option(
    "--format", "form", type=click.Choice(["md", "html", "json"]), default="md", show_default=True
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--title", default="Images", show_default=True, help="The page's title.")
@click.option("--offline", is_flag=True, help="What the repository says; ask nobody.")
@input_options(
    "registry",
    "images-dir",
    "current",
    "hub-url",
    "hub-user",
    current="The release to show. Default: the newest.",
    hub_user="The 3bot whose flists these are.",
)
def catalog(repo: Path, *, form: str, title: str, offline: bool, **options: object) -> None:
    """Show what each image is, where its flist is, and what moves.

    Of the newest release, or of --current. Everything is asked as a stranger would ask, so the
    Hub's user has to be named.
    """
    from tfimages_action.core.catalog.builder import CatalogOptions
    from tfimages_action.doors.cataloguing import Asked, gather
    from tfimages_action.doors.planning.catalogs import Catalogs
    from tfimages_action.doors.planning.planner import open_sources, registry_of
    from tfimages_action.doors.planning.retired import retired_images
    from tfimages_action.doors.planning.revisions import last_release
    from tfimages_action.report.catalog import render_json, render_markdown
    from tfimages_action.report.catalog_html import render_html

    settings = resolve_settings(given_inputs(options), os.environ)
    event = read_event(os.environ, workspace=repo, at_home=True)
    sources = open_sources(settings, event)
    registry = registry_of(settings, event, sources.origin)
    revision = sources.revision(settings.current or last_release(sources) or "HEAD")
    catalogs = Catalogs(CatalogOptions(registry=registry, images_dir=settings.images_dir))
    found = catalogs.read(revision)
    asked = Asked() if offline else _asked(settings, event, registry)
    entries = gather(found, revision, asked, retired_images(found, sources, catalogs))
    match form:
        case "json":
            page = render_json(entries)
        case "html":
            page = render_html(entries, title=title)
        case _:
            page = render_markdown(entries, title=title)
    click.echo(page, nl=False)


def _asked(settings: Settings, event: Event, registry: str) -> Asked:
    from tfimages_action.adapters.registry.client import RegistryClient
    from tfimages_action.adapters.registry.records import RecordReader
    from tfimages_action.doors.cataloguing import Asked
    from tfimages_action.doors.hub import actions as hub_actions
    from tfimages_action.doors.wiring.logins import credentials_for

    client = RegistryClient(credentials=credentials_for(settings, event, registry))
    asked = Asked(registry=client, records=RecordReader(client))
    if not settings.hub_user:
        click.echo("no flists are shown: name the Hub's user with --hub-user", err=True)
        return asked
    return replace(asked, hub=hub_actions.reader(settings), hub_user=settings.hub_user)
