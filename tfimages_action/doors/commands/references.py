"""`tfimages references`: the images that Dockerfiles depend on, a line per file."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click

from tfimages_action.core.dockerfile.parse import parse
from tfimages_action.core.dockerfile.resolve import UnresolvedError, resolve
from tfimages_action.errors import DockerfileError

_LARGEST: Final = 16 * 1024 * 1024


@click.command(
    short_help="Print the images that Dockerfiles depend on.",
    epilog="""\b
Examples:
  tfimages references images/ubuntu/Dockerfile
  git ls-files '*Dockerfile' | tfimages references - --format json
""",
)
@click.argument("files", metavar="FILE...|-", nargs=-1, required=True)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
def references(files: Sequence[str], form: str) -> None:
    """Print what the default target of each Dockerfile depends on, a line per file.

    `-` reads the paths from standard input. A file that BuildKit would refuse has an error in its
    line; the exit code is 0 all the same. As JSON it is an object per line.
    """
    for path in _paths(files):
        found = describe(path)
        click.echo(json.dumps(found) if form == "json" else _text(found))


def describe(path: str) -> dict[str, Any]:
    """What is known of one file: `file`, `references`, `unresolved` and `error`."""
    found: dict[str, Any] = {"file": path, "references": [], "unresolved": [], "error": None}
    try:
        resolution = resolve(parse(_read(path), path=path), path=path)
        found["references"] = [str(image) for image in resolution.images]
        if resolution.problems:
            first = resolution.problems[0]
            found["error"] = f"{first.location}: {first.message}"
    except UnresolvedError as error:
        found["unresolved"] = [one.written for one in error.unresolved]
        found["error"] = error.render()
    except DockerfileError as error:
        found["error"] = error.render()
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        found["error"] = f"{path}: can't be read: {cause}"
    return found


def _paths(files: Iterable[str]) -> Iterator[str]:
    for file in files:
        if file != "-":
            yield file
            continue
        for line in sys.stdin.buffer if sys.stdin else ():
            if path := line.rstrip(b"\r\n"):
                yield os.fsdecode(path)


def _read(path: str) -> bytes:
    file = Path(path)
    status = file.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError("it is no regular file")
    if status.st_size > _LARGEST:
        raise OSError(f"it is larger than {_LARGEST} bytes")
    return file.read_bytes()


def _text(found: dict[str, Any]) -> str:
    told = " ".join(found["references"]) or "-"
    if found["error"]:
        told = "error: " + found["error"].partition("\n  -> ")[0]
    line = f"{found['file']}: {told}"
    return "".join(char if char.isprintable() else "\ufffd" for char in line)
