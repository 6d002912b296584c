"""`tfimages pin`: resolves the versions that Dockerfiles download to checksums."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from tfimages_action.core.downloads import Download, write_checksum
from tfimages_action.errors import ExitCode, StageError


@click.command(
    epilog="""\b
Examples:
  tfimages pin
  tfimages pin --list
  tfimages pin --rewrite zinit
"""
)
@click.option(
    "--repo", type=click.Path(path_type=Path), default=Path(), help="The repository. Default: here."
)
@click.option("--images-dir", default="images", show_default=True)
@click.option("--list", "only_list", is_flag=True, help="Name the unpinned; needs no network.")
@click.option("--rewrite", multiple=True, metavar="NAME", help="Replace NAME's checksum.")
def pin(repo: Path, *, images_dir: str, only_list: bool, rewrite: tuple[str, ...]) -> int:
    """Download what Dockerfiles ADD, and write the checksums where they are read.

    A checksum that is there already is compared, never replaced unless named by --rewrite: the
    same version with other bytes needs a person. Exit code 1 then, and where something can't be
    read; with --list where something is unpinned.
    """
    found = _downloads(repo, images_dir)
    if only_list:
        unpinned = [one for one in found if not one.pinned]
        for one in unpinned:
            click.echo(f"{one.location}: unpinned: {one.url} ({one.name})")
        return ExitCode.FAILED if unpinned else ExitCode.DONE
    outcomes = [_settle(one, repo, images_dir, rewrite) for one in found]
    return ExitCode.DONE if all(outcomes) else ExitCode.FAILED


def _downloads(repo: Path, images_dir: str) -> tuple[Download, ...]:
    from tfimages_action.adapters.git import GitRepository
    from tfimages_action.core.catalog_builder import CatalogOptions, build_catalog
    from tfimages_action.core.dockerfile.parse import parse
    from tfimages_action.core.downloads import downloads

    options = CatalogOptions(registry="registry.invalid/pin", images_dir=images_dir)
    catalog = build_catalog(GitRepository(repo).worktree(), options)
    return downloads(
        (image, parse((repo / image.dockerfile).read_bytes(), path=image.dockerfile))
        for image in catalog.images
    )


def _settle(one: Download, repo: Path, images_dir: str, rewrite: tuple[str, ...]) -> bool:
    from tfimages_action.adapters.downloads import checksum_of

    try:
        checksum = checksum_of(one.url)
    except StageError as error:
        click.echo(f"{one.location}: {error.render()}", err=True)
        return False
    if one.checksum == checksum:
        click.echo(f"{one.name}: as pinned")
        return True
    if one.pinned and one.name not in rewrite:
        click.echo(
            f"{one.location}: {one.url} has {checksum}, pinned is {one.checksum}\n"
            f"  -> a new version? then `tfimages pin --rewrite {one.name}`; else do not use it",
            err=True,
        )
        return False
    path = _write(one, checksum, repo, images_dir)
    click.echo(f"{one.name}: {checksum} -> {path}")
    return True


def _write(one: Download, checksum: str, repo: Path, images_dir: str) -> str:
    for place in _places(one, images_dir):
        path = repo / place
        if not path.is_file():
            continue
        written = write_checksum(path.read_text(), one.name, checksum, path=place)
        if written is not None:
            path.write_text(written)
            return place
    raise StageError(
        f"nothing sets {one.name}",
        hint=f"write `ARG {one.name}=` into {one.location.path}, or {one.name} into image.yaml",
        location=one.location,
    )


def _places(one: Download, images_dir: str) -> Iterator[str]:
    """Where an arg's value may be written, the strongest first: what is given beats a default."""
    for folder in one.folders:
        yield f"{folder}/image.yaml"
    yield f"{images_dir}/images.yaml"
    yield one.location.path
