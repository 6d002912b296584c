"""Commands that only look: what they are asked with, and the plan that they look at."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tfimages_action.doors.asked import Asked
from tfimages_action.doors.inputs.event import read_event
from tfimages_action.doors.inputs.options import given_inputs, input_options
from tfimages_action.doors.inputs.settings import resolve_settings
from tfimages_action.errors import TfImagesError

if TYPE_CHECKING:
    from tfimages_action.doors.planning.planner import Planned

Command = Callable[..., Any]

_INPUTS: Final = (
    "registry", "images-dir", "current", "previous", "force-all", "only", "with-descendants",
    "build-context", "local", "flist-dir", "hub-url", "hub-user", "flist-layout",
)  # fmt: skip
_TRY: Final = ("registry", "images-dir", "build-context", "builder", "current", "build-timeout")


def repository_option(command: Command) -> Command:
    """`--repo`, as every command has it."""
    path = click.Path(path_type=Path)
    return click.option("--repo", type=path, default=Path(), help="The repository. Default: here.")(
        command
    )


def image_argument(command: Command) -> Command:
    """`IMAGE`, completed with the names of the worktree's images."""
    return click.argument("image", shell_complete=_image_names)(command)


def _image_names(ctx: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    from tfimages_action.adapters.git.repository import GitRepository
    from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog

    options = CatalogOptions(
        registry="registry.invalid/completion", images_dir=ctx.params.get("images_dir") or "images"
    )
    try:
        worktree = GitRepository(ctx.params.get("repo") or Path()).worktree()
        images = build_catalog(worktree, options, lenient=True).images
    except TfImagesError:
        return []  # no place to complain: the command itself will
    return [image.name for image in images if image.name.startswith(typed)]


def look_options(command: Command) -> Command:
    """The options of whatever looks at a plan."""
    command = click.option(
        "--records",
        is_flag=True,
        help="Ask the registry what is published, and the Hub which flists are there: those of "
        "--hub-user, else of the token's user; with --local the folder of flists.",
    )(command)
    command = click.option(
        "--worktree", is_flag=True, help="The worktree, with its uncommitted changes."
    )(command)
    asked = input_options(
        *_INPUTS,
        hub_user="With --records: the 3bot whose flists are looked for. Default: the token's.",
    )
    return repository_option(asked(command))


def try_options(command: Command) -> Command:
    """The options of whatever builds one image alone."""
    asked = input_options(*_TRY, current="Build this revision. Default: the worktree.")
    return repository_option(asked(command))


@contextmanager
def _uncollected() -> Iterator[None]:
    """A plan makes a great many values and no garbage: looking for it costs a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # what was made stays to the end: nothing of it is worth a look
        gc.enable()


@_uncollected()
def look(repo: Path, options: Mapping[str, object], *, worktree: bool, records: bool) -> Planned:
    """Make the plan that the options of `look_options` ask for; no engine is needed."""
    # Imported here: `--help` and completion should not wait for git and YAML.
    from tfimages_action.doors.planning.planner import make_plan, open_sources, registry_of
    from tfimages_action.doors.planning.preflight import with_missing_large_files

    settings = resolve_settings(given_inputs(options), os.environ)
    event = read_event(os.environ, workspace=repo, at_home=True)
    sources = open_sources(settings, event)
    registry = registry_of(settings, event, sources.origin)
    published = None
    if records:
        from tfimages_action.doors.wiring.reading import readers_to_look

        published, why_no_flists = readers_to_look(settings, event, registry)
        if why_no_flists:
            click.echo(f"flists were not looked at: {why_no_flists}", err=True)
    tree = sources.local.worktree() if worktree and sources.local else None
    planned = make_plan(
        settings, event, sources, registry=registry, published=published, worktree=tree
    )
    asked = click.get_current_context().find_object(Asked)
    if asked is not None:
        asked.kept += (planned, sources)
    return with_missing_large_files(planned)
