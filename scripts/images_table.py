"""The README's table of images, from what lies in their folders: offline, and always the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.tree import FileMode, Tree, TreeEntry, blob_id, tree_of
from tfimages_action.doors.cataloguing import Asked, gather
from tfimages_action.report.catalog import Entry

_IMAGES: Final = "images"


class _Files:
    """The images' folder as it lies there: no git, so that an unpacked archive will do."""

    name = "worktree"
    commit = None
    created = datetime(1970, 1, 1, tzinfo=UTC)

    def __init__(self, root: Path) -> None:
        self._root = root
        self._blobs: dict[str, Path] = {}

    def tree(self, under: str = "") -> Tree:
        return tree_of(self._entries(), under)

    def _entries(self) -> Iterator[TreeEntry]:
        paths = (
            path.relative_to(self._root)
            for path in (self._root / _IMAGES).rglob("*")
            if path.is_file()
        )
        for path in paths:
            blob = blob_id((self._root / path).read_bytes())
            self._blobs[blob] = self._root / path
            yield TreeEntry(str(path), FileMode.FILE, blob)

    def read(self, blob: str) -> bytes:
        return self._blobs[blob].read_bytes()


def images_table(root: Path) -> str:
    """A row per folder below images/: its images, what they are, on what, what they understand."""
    files = _Files(root)
    catalog = build_catalog(files, CatalogOptions(registry="ghcr.io/threefoldtech"))
    by_folder = sorted(gather(catalog, files, Asked()), key=lambda entry: entry.folder)
    rows = [
        _images_row(folder, tuple(entries), catalog)
        for folder, entries in groupby(by_folder, key=lambda entry: entry.folder)
    ]
    return "".join(["| image | what it is | built on | environment |\n|---|---|---|---|\n", *rows])


def _images_row(folder: str, entries: tuple[Entry, ...], catalog: Catalog) -> str:
    names = "<br>".join(f"[`{entry.name}`]({folder}/README.md)" for entry in entries)
    found = [image for image in catalog.images if image.folder == folder]
    below = {
        name: None
        for image in found
        for name in (image.parent_names or ((_short(str(image.base)),) if image.base else ()))
    }
    variables = {name: None for entry in entries for name, _ in entry.environment}
    first = entries[0]
    return (
        f"| {names} | {first.what or first.title} | {', '.join(f'`{name}`' for name in below)} "
        f"| {', '.join(f'`{name}`' for name in variables)} |\n"
    )


def _short(reference: str) -> str:
    """As people write it: Docker Hub's own images without host and namespace."""
    return reference.removeprefix("docker.io/").removeprefix("library/")
