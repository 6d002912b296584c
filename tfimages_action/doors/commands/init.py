"""`tfimages init`: what would be found here, and the two files to start with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tfimages_action.doors.inputs.event import read_event
from tfimages_action.doors.inputs.options import given_inputs, input_options
from tfimages_action.doors.inputs.settings import Settings, resolve_settings
from tfimages_action.errors import CatalogError, SettingsError

if TYPE_CHECKING:
    from tfimages_action.core.catalog.model import Catalog
    from tfimages_action.core.catalog.survey import PassedOver
    from tfimages_action.core.tree import Revision

_NOBODY = "ghcr.io/your-name"


@click.command(
    short_help="Start in a repository: a workflow and an images.yaml.",
    epilog="""\b
Examples:
  tfimages init
  tfimages init --images-dir .
  tfimages init --list --json
""",
)
@click.option(
    "--repo", type=click.Path(path_type=Path), default=Path(), help="The repository. Default: here."
)
@click.option("--list", "only_list", is_flag=True, help="Show only; write nothing.")
@input_options("registry", "images-dir", images_dir="Folder that holds the images' folders.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def init(repo: Path, *, only_list: bool, as_json: bool, **options: object) -> None:
    """Show which images would be found, and write a workflow and a commented images.yaml.

    What exists is never overwritten. Without --images-dir it is `images` where that folder holds
    a Dockerfile, or no folder does; else the repository's root. The workflow names --registry.
    """
    from tfimages_action.adapters.git.repository import GitRepository
    from tfimages_action.core.catalog.survey import likely_images_dir
    from tfimages_action.core.tree import walk
    from tfimages_action.doors.starting import WORKFLOW, secrets_of, starting_files, write_new

    clone = GitRepository(repo)
    worktree = clone.worktree()
    settings = resolve_settings(given_inputs(options), os.environ)
    if not options.get("images_dir"):
        settings = replace(settings, images_dir=likely_images_dir(walk(worktree.tree())))
    registry = _registry(settings, repo, clone.origin)
    catalog, others = _found(worktree, settings, registry)
    written: list[str] = []
    there: list[str] = []
    files = starting_files(settings.images_dir, registry if options.get("registry") else "")
    if not only_list and clone.root is not None:
        written, there = write_new(clone.root, files)
    if as_json:
        told = _told(catalog, others, settings.images_dir)
        click.echo(json.dumps({**told, "written": written, "there": there}, indent=2))
        return
    for line in _listing(catalog, others, settings.images_dir):
        click.echo(line)
    if only_list or clone.root is None:
        return
    for title, paths in (("Written", written), ("There already, left as it is", there)):
        for path in paths:
            click.echo(f"{title}: {path}")
    for line in _next(registry, settings.images_dir, secrets_of(files[WORKFLOW])):
        click.echo(line)


def _next(registry: str, images_dir: str, secrets: Sequence[str]) -> Iterable[str]:
    elsewhere = "" if images_dir == "images" else f" --images-dir {images_dir}"
    needed = ", ".join(secrets)
    yield "Next:"
    yield f"  commit, then see the plan: tfimages plan --registry {registry}{elsewhere}"
    yield f"  on GitHub, Settings > Environments: one named `hub`, its secrets {needed}"
    yield "  the release: git tag v1 && git push origin v1"


def _registry(settings: Settings, repo: Path, origin: str | None) -> str:
    from tfimages_action.doors.planning.planner import registry_of

    event = read_event(os.environ, workspace=repo, at_home=True)
    try:
        return registry_of(settings, event, origin)
    except SettingsError:
        if settings.registry:
            raise
        return _NOBODY


def _found(
    worktree: Revision, settings: Settings, registry: str
) -> tuple[Catalog, tuple[PassedOver, ...]]:
    from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
    from tfimages_action.core.catalog.discovery import IMAGES_YAML, normal
    from tfimages_action.core.catalog.files import Files
    from tfimages_action.core.catalog.model import Catalog
    from tfimages_action.core.catalog.survey import linked_folders, passed_over
    from tfimages_action.core.config.read import read_images_yaml
    from tfimages_action.core.tree import walk

    options = CatalogOptions(registry=registry, images_dir=settings.images_dir)
    try:
        catalog = build_catalog(worktree, options, lenient=True)
    except CatalogError:
        # None at all: then those that are passed over tell most.
        catalog = Catalog(revision=worktree.name, images=())
    entries = tuple(walk(worktree.tree()))
    shared = f"{normal(settings.images_dir)}/{IMAGES_YAML}".lstrip("/")
    files = Files(worktree)
    entry = files.file(shared)
    exclude = read_images_yaml(shared, worktree.read(entry.blob)).value.exclude if entry else ()
    folders = {*(image.folder for image in catalog.images), *catalog.broken}
    others = passed_over(entries, settings.images_dir, folders, exclude=exclude)
    return catalog, (*others, *linked_folders(files, entries, settings.images_dir, folders))


def _told(catalog: Catalog, others: Iterable[PassedOver], images_dir: str) -> dict[str, object]:
    return {
        "images_dir": images_dir,
        "images": [
            {"name": image.name, "folder": image.folder, "reference": str(image.reference)}
            for image in catalog.images
        ],
        "problems": [asdict(problem) for problem in catalog.problems],
        "passed_over": [{"path": one.path, "why": one.why} for one in others],
    }


def _listing(catalog: Catalog, others: Iterable[PassedOver], images_dir: str) -> Iterable[str]:
    if catalog.images:
        yield f"Images (images-dir: {images_dir}):"
    else:
        yield f"No images (images-dir: {images_dir}): each Dockerfile goes into a folder of its own"
    width = max((len(image.name) for image in catalog.images), default=0)
    for image in sorted(catalog.images, key=lambda image: image.name):
        yield f"  {image.name:{width}}  {image.folder}/ -> {image.reference}"
    for problem in catalog.problems:
        where = f"{problem.location}: " if problem.location else ""
        yield f"  {problem.severity}: {where}{problem.message}"
    passed = tuple(others)
    if passed:
        yield "Not images:"
    for one in passed:
        yield f"  {one.path} {one.why}"
