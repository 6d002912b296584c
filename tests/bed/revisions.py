"""Revisions that live in memory, for tests of what reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.catalog.memo import Memo
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.tree import FileMode, Tree, TreeEntry, blob_id, tree_of
from tfimages_action.errors import RevisionError

REGISTRY = "ghcr.io/owner"


@dataclass
class MemoryRevision:
    """`core.tree.Revision` over a mapping of paths to content; counts what was read."""

    files: Mapping[str, str | bytes]
    name: str = "v1"
    commit: str | None = "c" * 40
    created: datetime = datetime(2026, 1, 2, tzinfo=UTC)
    modes: Mapping[str, FileMode] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)

    def tree(self, under: str = "") -> Tree:
        return tree_of(self.entries(under), under)

    def entries(self, under: str = "") -> Iterator[TreeEntry]:
        prefix = f"{under}/" if under else ""
        for path in sorted(self.files, key=str.encode):
            if path.startswith(prefix):
                mode = self.modes.get(path, FileMode.FILE)
                yield TreeEntry(path, mode, blob_id(self._content(path)))

    def read(self, blob: str) -> bytes:
        self.reads.append(blob)
        for path in self.files:
            content = self._content(path)
            if blob_id(content) == blob:
                return content
        raise RevisionError(f"there is no blob {blob}")

    def _content(self, path: str) -> bytes:
        content = self.files[path]
        return content if isinstance(content, bytes) else content.encode()


def catalog_of(
    files: Mapping[str, str | bytes],
    *,
    name: str = "v1",
    images_dir: str = "images",
    registry: str = REGISTRY,
    modes: Mapping[str, FileMode] | None = None,
    overrides: tuple[tuple[str, str], ...] = (),
    memo: Memo | None = None,
    lenient: bool = False,
) -> Catalog:
    """The catalog of a repository that holds just these files."""
    return build_catalog(
        MemoryRevision(files=files, name=name, modes=modes or {}),
        CatalogOptions(registry=registry, images_dir=images_dir, overrides=overrides),
        memo=memo,
        lenient=lenient,
    )
