"""`tfimages flist`: read, compare, make, unpack and prove flists, with no Hub."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import click

from tfimages_action.doors.commands.flist_image import open_image
from tfimages_action.doors.nearest import NearestGroup
from tfimages_action.errors import ExitCode, FlistError
from tfimages_action.flist.compare import compare, compare_counts
from tfimages_action.flist.difference import Change, difference, signed_size
from tfimages_action.flist.entries import Entry, EntryType, path_bytes, shown
from tfimages_action.flist.merkle import merkle_root
from tfimages_action.flist.reader import read_flist

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LETTERS = {
    EntryType.DIRECTORY: "d",
    EntryType.FILE: "-",
    EntryType.LINK: "l",
    EntryType.SPECIAL: "s",
}
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_config = click.option(
    "--config",
    type=_FILE,
    help="The image's configuration (`docker inspect`'s Config), where a TAR stands for it.",
)
_store = click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder of the blocks, shared by any number of flists.",
)


@click.group(cls=NearestGroup)
def flist() -> None:
    """Read, compare, make, unpack and prove flists.

    \b
    tfimages flist build ubuntu:24.04 -o ubuntu.flist --store blocks
    tfimages flist ls ubuntu.flist
    tfimages flist diff old.flist new.flist
    tfimages flist verify ubuntu.flist ubuntu:24.04
    """  # noqa: D301 - click's mark for "don't wrap"


@flist.command("ls")
@click.argument("file", type=_FILE)
@click.argument("under", default="/")
@_as_json
def list_entries(file: Path, under: str, as_json: bool) -> None:
    """List the entries of FILE, those at or below UNDER."""
    found = read_flist(file)
    below = under.rstrip("/") + "/"
    entries = [e for e in found.entries if e.path == under or e.path.startswith(below)]
    if not entries:
        raise FlistError(f"{file} has no {under}")
    if as_json:
        _print_json({"entries": [describe(e) for e in entries], "root": merkle_root(found.entries)})
        return
    for entry in entries:
        click.echo(line(entry))


@flist.command("cat-entry")
@click.argument("file", type=_FILE)
@click.argument("path")
@_as_json
def cat_entry(file: Path, path: str, as_json: bool) -> None:
    """Print all that FILE says of one PATH, its blocks too."""
    entry = read_flist(file).find(path)
    if entry is None:
        raise FlistError(f"{file} has no {path}")
    described = describe(entry)
    if as_json:
        _print_json(described)
        return
    blocks = described.pop("blocks")
    for name, value in described.items():
        click.echo(f"{name:8} {value}")
    for block in blocks:
        click.echo(f"block    key {block['key']} stored as {block['hash']}")


@flist.command("diff")
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@_as_json
def diff(old: Path, new: Path, as_json: bool) -> None:
    """Tell what changes from OLD to NEW, the heaviest first."""
    found = difference(read_flist(old).entries, read_flist(new).entries)
    if as_json:
        _print_json({"size_delta": found.size_delta, "changes": [asdict(c) for c in found.changes]})
        return
    for change in found.changes:
        click.echo(str(change))
    counts = ", ".join(f"{found.count(kind)} {kind}" for kind in Change)
    click.echo(f"{counts}, {signed_size(found.size_delta)}")
    for heavy in found.largest():
        click.echo(f"  {heavy}")


@flist.command("build", short_help="Make an flist of an image or of a tar.")
@click.argument("image", metavar="IMAGE|TAR")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
@_store
@_config
@click.option("--made-at", type=click.IntRange(0, (1 << 32) - 1), default=0, show_default=True)
@_as_json
def build(
    *, image: str, output: Path, store: Path, config: Path | None, made_at: int, as_json: bool
) -> None:
    """Make an flist of an image that the engine has, or of a tar (gzip or plain)."""
    from tfimages_action.flist.store import BlockStore
    from tfimages_action.flist.writer import Conversion, build_flist

    blocks = BlockStore(store)
    with open_image(image, config) as (stream, start):
        built = build_flist(stream, blocks, config=start, conversion=Conversion(made_at=made_at))
    _write(output, lambda file: file.write(built.raw))
    root = merkle_root(built.entries)
    if as_json:
        _print_json(
            {
                "flist": str(output),
                "entries": len(built.entries),
                "root": root,
                "written_blocks": built.written_blocks,
                "written_bytes": built.written_bytes,
            }
        )
        return
    click.echo(f"{output}: {len(built.entries)} entries, root {root}")
    click.echo(f"{store}: {built.written_blocks} new blocks, {built.written_bytes} bytes")


@flist.command("extract", short_help="Bring the file system of an flist back.")
@click.argument("file", type=_FILE)
@_store
@click.option("-C", "--folder", type=click.Path(path_type=Path), help="An empty or new folder.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A tar.")
@_as_json
def extract(
    file: Path, store: Path, folder: Path | None, output: Path | None, as_json: bool
) -> None:
    """Bring the file system of FILE back, every block held against its keys."""
    from tfimages_action.flist.extract import extract_folder, extract_tar
    from tfimages_action.flist.store import BlockStore

    if (folder is None) == (output is None):
        raise click.UsageError("give either --folder or --output")
    entries, get = read_flist(file).entries, BlockStore(store).get
    left_out: list[str] = []
    if folder is not None:
        left_out += extract_folder(entries, get, folder)
    if output is not None:
        _write(output, lambda tar: left_out.extend(extract_tar(entries, get, tar)))
    if as_json:
        _print_json({"left_out": list(map(shown, left_out))})
        return
    for path in left_out:
        click.echo(f"left out: {shown(path)} (the flist doesn't say which special file)", err=True)


@flist.command("verify")
@click.argument("file", type=_FILE)
@click.argument("image", metavar="IMAGE|TAR")
@_config
@click.option("--counts", is_flag=True, help="Only counts and the sum of bytes.")
@_as_json
def verify(
    file: Path, image: str, config: Path | None, counts: bool, as_json: bool
) -> ExitCode | None:
    """Prove FILE equal to an image that the engine has, or to a tar."""
    from tfimages_action.flist.source import read_tree

    found = read_flist(file)
    with open_image(image, config) as (stream, start):
        tree = read_tree(stream)
    verdict = compare_counts(tree, found.counts, start) if counts else compare(tree, found, start)
    if as_json:
        _print_json({"equal": verdict.equal, "root": merkle_root(found.entries), **asdict(verdict)})
    else:
        for warning in verdict.warnings:
            click.echo(f"warning: {warning}", err=True)
        if not verdict.equal:
            click.echo(verdict.describe(100))
        word = "equal" if verdict.equal else "NOT equal"
        click.echo(f"{file} is {word} to {image} ({verdict.compared} compared)")
    return None if verdict.equal else ExitCode.FAILED


def describe(entry: Entry) -> dict[str, Any]:
    """An entry as JSON can hold it; a path that is no UTF-8 has its bytes beside it, in hex."""
    described: dict[str, Any] = {
        "path": shown(entry.path),
        "type": str(entry.type),
        "mode": f"{entry.mode:04o}",
        "uid": entry.uid,
        "gid": entry.gid,
        "uname": shown(entry.uname),
        "gname": shown(entry.gname),
        "size": entry.size,
        "target": shown(entry.target),
        "device": shown(entry.device),
        "mtime": entry.mtime,
        "ctime": entry.ctime,
        "blocks": [{"key": b.key.hex(), "hash": b.hash.hex()} for b in entry.blocks],
    }
    if described["path"] != entry.path:
        described["path_hex"] = path_bytes(entry.path).hex()
    return described


def line(entry: Entry) -> str:
    """`-rwsr-xr-x`-like enough to read: type, octal mode, owner, size, path, target."""
    target = f" -> {shown(entry.target)}" if entry.target else ""
    device = f" ({shown(entry.device)})" if entry.device else ""
    owner = f"{entry.uid}:{entry.gid}"
    return (
        f"{_LETTERS[entry.type]}{entry.mode:04o} {owner:>11} {entry.size:>11} "
        f"{shown(entry.path)}{target}{device}"
    )


def _write(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Whole or not at all."""
    beside = path.with_name(f".{path.name}.unfinished")
    try:
        with beside.open("wb") as file:
            fill(file)
        beside.replace(path)
    except OSError as error:
        raise FlistError(f"{path} can't be written: {error}") from error
    finally:
        beside.unlink(missing_ok=True)


def _print_json(value: Mapping[str, Any]) -> None:
    click.echo(json.dumps(value, indent=2))
