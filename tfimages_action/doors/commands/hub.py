"""`tfimages hub ...`: the Hub by hand, with a run's care. The token comes by TFHUB_TOKEN alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from tfimages_action.doors.hub import actions as hub_actions
from tfimages_action.doors.hub.done import Done
from tfimages_action.doors.inputs.options import given_inputs, input_options
from tfimages_action.doors.inputs.settings import Settings, resolve_settings
from tfimages_action.doors.nearest import NearestGroup

Command = Callable[..., Any]


@click.group(
    cls=NearestGroup,
    short_help="The Hub by hand: convert, upload, link, tag, ...",
    epilog="""\b
The token comes from the environment: TFHUB_TOKEN. Reading another user's flists needs none.
\b
Examples:
  tfimages hub convert ghcr.io/you/ubuntu:24.04
  tfimages hub upload build/noble.tar.gz --name noble.flist
  tfimages hub link ubuntu-24.04-0a1b2c3d4e5f.flist ubuntu-24.04.flist
  tfimages hub ls tf-official-apps --json
""",
)
def hub() -> None:
    """Convert, upload, link, tag, promote, rename, delete, merge and read flists on the Hub."""


def _common(command: Command) -> Command:
    as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    return input_options("hub-url", "hub-user")(as_json(command))


def _settings(options: dict[str, Any]) -> Settings:
    return resolve_settings(given_inputs(options), os.environ)


def _print(done: Done, *, as_json: bool) -> None:
    click.echo(json.dumps(done.data, default=str) if as_json else done.text)


@hub.command(short_help="Have an image converted, and its flist proved.")
@click.argument("image")
@click.option("--name", help="The flist's name. Default: what the Hub calls the image.")
@_common
@input_options("verify")
def convert(image: str, name: str | None, *, as_json: bool, **options: object) -> None:
    """Have IMAGE (in a registry, public) converted, prove the flist, and give it its name.

    The proof reads the image through this machine's Docker engine; `--verify none` needs none.
    """
    settings = _settings(options)
    _print(hub_actions.convert(settings, image, name, proof=settings.verify), as_json=as_json)


@hub.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--name", help="The flist's name. Default: the file's.")
@_common
def upload(path: Path, name: str | None, *, as_json: bool, **options: object) -> None:
    """Upload PATH: a .tar.gz archive, a folder, or a ready .flist. What comes of it is proved."""
    _print(hub_actions.upload(_settings(options), path, name), as_json=as_json)


@hub.command()
@click.argument("source", metavar="[USER/]SOURCE")
@click.argument("name")
@_common
def link(source: str, name: str, *, as_json: bool, **options: object) -> None:
    """Make NAME a link to SOURCE. A link that NAME is already is replaced in one step."""
    _print(hub_actions.link(_settings(options), source, name), as_json=as_json)


@hub.command()
@click.argument("tagged", metavar="TAG/NAME")
@click.argument("source", metavar="[USER/]SOURCE")
@click.option("--remove", is_flag=True, help="Take it out of the tag.")
@_common
def tag(tagged: str, source: str, *, remove: bool, as_json: bool, **options: object) -> None:
    """Put SOURCE under a tag as NAME."""
    done = hub_actions.tag(_settings(options), tagged, source, remove=remove)
    _print(done, as_json=as_json)


@hub.command()
@click.argument("name")
@click.argument("target", metavar="USER/TAG")
@_common
def crosstag(name: str, target: str, *, as_json: bool, **options: object) -> None:
    """Make NAME (without .flist) a link to a whole tag."""
    _print(hub_actions.crosstag(_settings(options), name, target), as_json=as_json)


@hub.command()
@click.argument("source", metavar="[USER/]SOURCE")
@click.argument("name")
@_common
def promote(source: str, name: str, *, as_json: bool, **options: object) -> None:
    """Copy SOURCE to your NAME."""
    _print(hub_actions.promote(_settings(options), source, name), as_json=as_json)


@hub.command()
@click.argument("old")
@click.argument("new")
@_common
def rename(old: str, new: str, *, as_json: bool, **options: object) -> None:
    """Rename OLD to NEW, which must not exist."""
    _print(hub_actions.rename(_settings(options), old, new), as_json=as_json)


@hub.command()
@click.argument("name")
@_common
def delete(name: str, *, as_json: bool, **options: object) -> None:
    """Delete NAME. Refused while a link of yours leads to it."""
    _print(hub_actions.delete(_settings(options), name), as_json=as_json)


@hub.command(short_help="Merge SOURCES into NAME.")
@click.argument("name")
@click.argument("sources", nargs=-1, required=True, metavar="[USER/]SOURCE...")
@_common
def merge(name: str, sources: Sequence[str], *, as_json: bool, **options: object) -> None:
    """Merge SOURCES into NAME; where two have a path, the later one's counts."""
    _print(hub_actions.merge(_settings(options), name, sources), as_json=as_json)


@hub.command()
@click.argument("name", metavar="[USER/]NAME")
@_common
def readlink(name: str, *, as_json: bool, **options: object) -> None:
    """Say where the link NAME leads."""
    _print(hub_actions.readlink(_settings(options), name), as_json=as_json)


@hub.command("ls")
@click.argument("user", required=False)
@click.option("--tag", "tag_name", help="What is gathered under this tag.")
@_common
def listing(user: str | None, tag_name: str | None, *, as_json: bool, **options: object) -> None:
    """List the flists of USER (default: you)."""
    _print(hub_actions.listing(_settings(options), user, tag_name), as_json=as_json)


@hub.command(short_help="Show what the Hub tells of NAME.")
@click.argument("name", metavar="[USER/]NAME")
@_common
def show(name: str, *, as_json: bool, **options: object) -> None:
    """Show what the Hub tells of NAME: size, md5, target, counts, metadata."""
    _print(hub_actions.show(_settings(options), name), as_json=as_json)


@click.command(
    short_help="Read a published flist whole, and print its root.",
    epilog="""\b
Examples:
  tfimages verify https://hub.grid.tf/you/ghcr.io-you-web-latest.flist --image ghcr.io/you/web
  tfimages verify you/ubuntu.flist --root v1:5f0c...
""",
)
@click.argument("address", metavar="ADDRESS|[USER/]NAME")
@click.option("--root", help="A root that you know; another one is an error.")
@click.option(
    "--image",
    metavar="REGISTRY/NAME[:TAG]",
    help="The image it was published for: another root than the one recorded there is an error.",
)
@_common
def verify(
    address: str, root: str | None, image: str | None, *, as_json: bool, **options: object
) -> None:
    """Read a published flist whole and print the Merkle root over all its entries.

    With --image the root is held against what the publishing run recorded beside that image.
    """
    done = hub_actions.verify(_settings(options), address, root, image)
    _print(done, as_json=as_json)


hub.add_command(verify)
