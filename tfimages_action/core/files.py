"""The files of a revision by folder: listed once, then found by bisection."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from typing import Final

from tfimages_action.core.tree import FileMode, Revision, TreeEntry
from tfimages_action.errors import ConfigError, Location

_AFTER_SLASH: Final = chr(ord("/") + 1)
_FEW: Final = 64
"""Most folders hold no more: their end is looked for there first."""
_ENDS: Final = ("", "/")
_MAX_LINKS: Final = 40
"""As many symlinks as Linux follows in one path."""


class Files:
    """What one revision holds. Folders and paths are relative to the root; `""` is the root."""

    def __init__(self, revision: Revision) -> None:
        self._revision = revision
        self._listed: dict[str, tuple[list[TreeEntry], list[str]]] = {}
        self._by_path: dict[str, TreeEntry] = {}
        self._roots: tuple[str, ...] = ()
        """The listed folders, each with its `/`."""

    def under(self, folder: str) -> list[TreeEntry]:
        """Every file below a folder, sorted by path."""
        entries, paths = self._list(folder)
        if folder in self._listed:
            return entries
        start, end = _bounds(paths, folder)
        return entries[start:end]

    def at(self, path: str) -> TreeEntry | None:
        """The file, symlink or submodule of that path."""
        if not path.startswith(self._roots):
            self._list(path.rpartition("/")[0])
        return self._by_path.get(path)

    def has_folder(self, folder: str) -> bool:
        """Whether anything lies below the folder: git knows no empty ones."""
        entries, paths = self._list(folder)
        if folder in self._listed:
            return bool(entries)
        start, end = _bounds(paths, folder)
        return end > start

    def read(self, entry: TreeEntry) -> bytes:
        """The content of a file (of a symlink: its target)."""
        return self._revision.read(entry.blob)

    def resolve(self, path: str, *, asked: Location) -> str:
        """The path without `.`, `..` and symlinks.

        `asked` is the place that named the path, for the message. Raises `ConfigError` where
        the path leaves the repository.
        """
        waiting = [*reversed(path.split("/"))]
        real = ""
        links = 0
        while waiting:
            part = waiting.pop()
            if part in {"", "."}:
                continue
            if part == "..":
                if not real:
                    raise _outside(path, asked)
                real = posixpath.dirname(real)
                continue
            step = f"{real}/{part}" if real else part
            entry = self.at(step)
            if entry is None or entry.mode is not FileMode.SYMLINK:
                real = step
                continue
            links += 1
            target = self.read(entry).decode(errors="surrogateescape")
            if target.startswith("/") or links > _MAX_LINKS:
                raise _outside(path, asked)
            waiting += reversed(target.split("/"))
        return real

    def _list(self, folder: str) -> tuple[list[TreeEntry], list[str]]:
        """A listing that covers the folder; a new one where none does."""
        for root, listed in self._listed.items():
            if not root or (folder.startswith(root) and folder[len(root) : len(root) + 1] in _ENDS):
                return listed
        entries = list(self._revision.entries(folder))
        paths = [entry[0] for entry in entries]
        # The order of str, which bisect compares, is not quite git's order of bytes.
        if paths != sorted(paths):
            entries.sort()
            paths.sort()
        self._listed[folder] = (entries, paths)
        self._roots += (f"{folder}/" if folder else "",)
        self._by_path.update(zip(paths, entries, strict=True))
        return entries, paths


def _bounds(paths: list[str], folder: str) -> tuple[int, int]:
    start = bisect_left(paths, f"{folder}/")
    end = bisect_left(paths, folder + _AFTER_SLASH, start, min(start + _FEW, len(paths)))
    if end == start + _FEW:
        end = bisect_left(paths, folder + _AFTER_SLASH, end)
    return start, end


def _outside(path: str, asked: Location) -> ConfigError:
    return ConfigError(
        f"`{path}` leads out of the repository",
        hint="name a path inside it: builds see nothing else",
        location=asked,
    )
