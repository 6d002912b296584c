"""Lays a build's files out in a private folder, from the revision's tree and nothing else.

A tar on standard input would save the copy, but BuildKit applies no .dockerignore to it and must
find the Dockerfile in it, where `COPY .` finds it too, even one that .dockerignore keeps out.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tfimages_action.core.catalog.context import Context, build_files
from tfimages_action.core.catalog.files import Files
from tfimages_action.core.run.work import BuildRequest
from tfimages_action.core.tree import FileMode, TreeEntry
from tfimages_action.errors import Location, StageError

_LFS: Final = b"version https://git-lfs.github.com/spec/v1\n"
_MODES: Final = {FileMode.FILE: 0o644, FileMode.EXECUTABLE: 0o755}
_FOLDER_MODE: Final = 0o755
_SECOND_NS: Final = 1_000_000_000
# A Dockerfile's own ignore file outranks the context's; one of comments alone excludes nothing.
_NOTHING_IGNORED: Final = "# What should be left out is left out already.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """Where a build's files lie."""

    dockerfile: Path
    context: Path
    named: tuple[tuple[str, Path], ...]


@contextmanager
def laid_out(request: BuildRequest, parent: Path) -> Iterator[LaidOut]:
    """Write the files below `parent`, with the commit's time on all of them; gone afterwards."""
    root = Path(tempfile.mkdtemp(prefix="build-", dir=parent))
    try:
        yield _write(request, root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _write(request: BuildRequest, root: Path) -> LaidOut:
    selected = build_files(request.image, Files(request.revision))
    recipe = root / "dockerfile"
    recipe.mkdir()
    dockerfile = recipe / Path(request.image.dockerfile).name
    dockerfile.write_bytes(request.revision.read(selected.dockerfile.blob))
    dockerfile.with_name(f"{dockerfile.name}.dockerignore").write_text(_NOTHING_IGNORED)
    folders = []
    for number, context in enumerate(selected.contexts):
        folder = root / f"context{number}"
        folder.mkdir()
        _write_context(request, context, folder)
        folders.append((context.name, folder))
    (_, main), *named = folders
    return LaidOut(dockerfile=dockerfile, context=main, named=tuple(named))


def _write_context(request: BuildRequest, context: Context, folder: Path) -> None:
    cut = len(context.folder) + 1 if context.folder else 0
    made = {folder}
    for entry in context.entries:
        path = folder / entry.path[cut:]
        made.update(_make_folders(path.parent, made))
        _write_entry(request, entry, path)
        moment = _moment(request.source_date_epoch, entry.blob)
        os.utime(path, ns=(moment, moment), follow_symlinks=False)
    for directory in made:
        directory.chmod(_FOLDER_MODE)
        os.utime(directory, (request.source_date_epoch,) * 2)


def _moment(epoch: int, blob: str) -> int:
    """Nanoseconds since 1970: the commit's second, and a fraction that the content decides.

    BuildKit keeps the last build's context and takes a file of the same path, mode, size and time
    for the same file, whatever it holds: with the commit's time alone it would build what another
    image, or an earlier edit, had there. Layers hold whole seconds, so the fraction stays here.
    """
    return epoch * _SECOND_NS + int(blob[:12], 16) % _SECOND_NS


def _make_folders(wanted: Path, made: set[Path]) -> list[Path]:
    missing = []
    while wanted not in made and wanted not in missing:
        missing.append(wanted)
        wanted = wanted.parent
    for directory in reversed(missing):
        directory.mkdir()
    return missing


def _write_entry(request: BuildRequest, entry: TreeEntry, path: Path) -> None:
    if entry.mode is FileMode.SUBMODULE:
        # As in a checkout that does not follow submodules.
        path.mkdir()
        path.chmod(_FOLDER_MODE)
        return
    content = request.revision.read(entry.blob)
    if entry.mode is FileMode.SYMLINK:
        path.symlink_to(os.fsdecode(content))
        return
    if content.startswith(_LFS):
        raise StageError(
            f"{entry.path} is a Git LFS pointer, and its object is not at hand",
            hint="check out with `lfs: true`, or keep the file out by .dockerignore",
            location=Location(path=entry.path),
        )
    path.write_bytes(content)
    path.chmod(_MODES[entry.mode])
