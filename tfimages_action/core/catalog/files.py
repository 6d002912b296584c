"""The files of a revision by path: each folder is listed once, with all below it."""

from __future__ import annotations

import posixpath
from typing import Final

from tfimages_action.core.tree import FileMode, Revision, Tree, TreeEntry
from tfimages_action.errors import ConfigError, Location

_MAX_LINKS: Final = 40
"""As many symlinks as Linux follows in one path."""


class Files:
    """What one revision holds. Folders and paths are relative to the root; `""` is the root."""

    def __init__(self, revision: Revision) -> None:
        self._revision = revision
        self._roots: dict[str, Tree] = {}
        """What the revision was asked for, each folder by itself."""
        self._known: dict[str, Tree] = {}

    def tree(self, folder: str) -> Tree:
        """A folder with all below it; an empty one where there is none."""
        found = self._known.get(folder)
        if found is None:
            found = self._known[folder] = self._find(folder)
        return found

    def know(self, folder: str, tree: Tree) -> None:
        """Take a folder that was found on the way: nobody needs to look for it again."""
        self._known[folder] = tree

    def at(self, path: str) -> TreeEntry | None:
        """The file, symlink or submodule of that path."""
        folder, _, name = path.rpartition("/")
        found = self.tree(folder).files.get(name)
        return TreeEntry(path, *found) if found else None

    def file(self, path: str) -> TreeEntry | None:
        """The file of that path, through symlinks; `None` where there is none.

        Raises `ConfigError` for a link that leads to no file of the repository.
        """
        found = self.at(path)
        if found is None or found.mode is not FileMode.SYMLINK:
            return found
        place = Location(path=path)
        led = self.at(self.resolve(path, asked=place))
        if led is None:
            raise ConfigError(
                "this link leads to no file", hint="mend it, or remove it", location=place
            )
        return led

    def has_folder(self, folder: str) -> bool:
        """Whether anything lies below the folder: git knows no empty ones."""
        return bool(self.tree(folder))

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
            if links > _MAX_LINKS:
                raise ConfigError(
                    f"`{path}` is a link that leads in circles",
                    hint="let it lead to a file or folder",
                    location=asked,
                )
            target = self.read(entry).decode(errors="surrogateescape")
            if target.startswith("/"):
                raise _outside(path, asked)
            waiting += reversed(target.split("/"))
        return real

    def _find(self, folder: str) -> Tree:
        for root, tree in self._roots.items():
            if not root:
                return tree.folder(folder)
            if folder.startswith(f"{root}/"):
                return tree.folder(folder[len(root) + 1 :])
        found = self._roots[folder] = self._revision.tree(folder)
        return found


def _outside(path: str, asked: Location) -> ConfigError:
    return ConfigError(
        f"`{path}` leads out of the repository",
        hint="name a path inside it: builds see nothing else",
        location=asked,
    )
