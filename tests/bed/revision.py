"""A revision made of a mapping: for tests that need files, and no repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tfimages_action.core.tree import FileMode, Tree, TreeEntry, blob_id, tree_of

Content = str | bytes | tuple[FileMode, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesRevision:
    """`files` maps a path to text or bytes (a plain file), or to a mode and bytes."""

    files: Mapping[str, Content]
    name: str = "v1"
    commit: str | None = "c" * 40
    created: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    _blobs: dict[str, bytes] = field(default_factory=dict)

    def tree(self, under: str = "") -> Tree:
        return tree_of(self._entries(under), under)

    def _entries(self, under: str) -> Iterator[TreeEntry]:
        for path in self.files:
            if not under or path.startswith(f"{under}/"):
                mode, data = _read(self.files[path])
                blob = blob_id(data)
                self._blobs[blob] = data
                yield TreeEntry(path, mode, blob)

    def read(self, blob: str) -> bytes:
        return self._blobs[blob]


def _read(content: Content) -> tuple[FileMode, bytes]:
    match content:
        case str():
            return FileMode.FILE, content.encode()
        case bytes():
            return FileMode.FILE, content
        case (mode, data):
            return mode, data
