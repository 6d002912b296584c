"""`tfimages pin`: resolves the versions that Dockerfiles download to checksums."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import assert_never

import click

from tfimages_action.core.catalog.downloads import Download, write_checksum
from tfimages_action.errors import ExitCode, SettingsError, StageError


@click.command(
    short_help="Write the checksums of what Dockerfiles download.",
    epilog="""\b
Examples:
  tfimages pin
  tfimages pin --list
  tfimages pin --rewrite ZINIT_CHECKSUM
""",
)
@click.option(
    "--repo", type=click.Path(path_type=Path), default=Path(), help="The repository. Default: here."
)
@click.option("--images-dir", default="images", show_default=True)
@click.option("--list", "only_list", is_flag=True, help="Name the unpinned; needs no network.")
@click.option("--rewrite", multiple=True, metavar="NAME", help="Replace NAME's checksum.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def pin(
    repo: Path, *, images_dir: str, only_list: bool, rewrite: tuple[str, ...], as_json: bool
) -> int:
    """Download what Dockerfiles ADD, and write the checksums where they are read.

    A checksum that is there already is compared, never replaced unless named by --rewrite: the
    same version with other bytes needs a person. Exit code 1 then, and where something can't be
    read; with --list where something is unpinned.
    """
    found = _downloads(repo, images_dir)
    _demand_known(rewrite, found)
    settled = []
    for one in found:
        done = _listed(one) if only_list else _settle(one, repo, images_dir, rewrite)
        settled.append(done)
        if not as_json and not (only_list and done.ok):
            click.echo(_line(done), err=not done.ok and not only_list)
    if as_json:
        click.echo(json.dumps([asdict(done) for done in settled], indent=2))
    elif not found:
        click.echo("no Dockerfile downloads anything by `ADD --checksum=${NAME}`")
    return ExitCode.DONE if all(done.ok for done in settled) else ExitCode.FAILED


class State(StrEnum):
    """What became of one download."""

    UNPINNED = "unpinned"
    PINNED = "pinned"
    WRITTEN = "written"
    DIFFERENT = "different"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One download, and what was found of it."""

    name: str
    url: str
    location: str
    state: State
    checksum: str
    """What is, or was, pinned."""
    found: str = ""
    """What the address has now, where it was asked."""
    written_to: str = ""
    error: str = ""

    @property
    def ok(self) -> bool:
        return self.state in {State.PINNED, State.WRITTEN}


def _demand_known(names: tuple[str, ...], found: tuple[Download, ...]) -> None:
    known = sorted({one.name for one in found})
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"perhaps {near[0]} was meant" if near else f"known: {', '.join(known) or '-'}"
            raise SettingsError(f"no download has the checksum {name}", hint=meant)


def _settled(one: Download, state: State, *, found: str = "", path: str = "") -> Settled:
    return Settled(
        name=one.name,
        url=one.url,
        location=str(one.location),
        state=state,
        checksum=one.checksum,
        found=found,
        written_to=path,
    )


def _listed(one: Download) -> Settled:
    return _settled(one, State.PINNED if one.pinned else State.UNPINNED)


def _line(done: Settled) -> str:
    match done.state:
        case State.UNPINNED:
            return f"{done.location}: unpinned: {done.url} ({done.name})"
        case State.PINNED:
            return f"{done.name}: as pinned"
        case State.WRITTEN:
            return f"{done.name}: {done.found} -> {done.written_to}"
        case State.DIFFERENT:
            return (
                f"{done.location}: {done.url} has {done.found}, pinned is {done.checksum}\n"
                f"  -> a new version? then `tfimages pin --rewrite {done.name}`; else do not use it"
            )
        case State.UNREADABLE:
            return f"{done.location}: {done.error}"
        case _:
            assert_never(done.state)


def _downloads(repo: Path, images_dir: str) -> tuple[Download, ...]:
    from tfimages_action.adapters.git.repository import GitRepository
    from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
    from tfimages_action.core.catalog.downloads import downloads
    from tfimages_action.core.dockerfile.parse import parse

    options = CatalogOptions(registry="registry.invalid/pin", images_dir=images_dir)
    catalog = build_catalog(GitRepository(repo).worktree(), options)
    return downloads(
        (image, parse((repo / image.dockerfile).read_bytes(), path=image.dockerfile))
        for image in catalog.images
    )


def _settle(one: Download, repo: Path, images_dir: str, rewrite: tuple[str, ...]) -> Settled:
    from tfimages_action.adapters.downloads import checksum_of

    try:
        checksum = checksum_of(one.url)
    except StageError as error:
        return replace(_settled(one, State.UNREADABLE), error=error.render())
    if one.checksum == checksum:
        return _settled(one, State.PINNED, found=checksum)
    if one.pinned and one.name not in rewrite:
        return _settled(one, State.DIFFERENT, found=checksum)
    path = _write(one, checksum, repo, images_dir)
    return _settled(one, State.WRITTEN, found=checksum, path=path)


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
