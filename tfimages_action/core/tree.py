"""A revision of the repository as the core sees it: a tree of files, and bytes on demand.

A tree is git's: each folder has an id that stands for all below it, whatever it was read from. So
two revisions are compared folder by folder, and what they share is looked at once.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Protocol, runtime_checkable


class FileMode(StrEnum):
    """The modes that git knows, as git writes them."""

    FILE = "100644"
    EXECUTABLE = "100755"
    SYMLINK = "120000"
    SUBMODULE = "160000"

    __hash__ = str.__hash__  # that of `Enum` is Python, and called for every file

    @classmethod
    def of(cls, bits: int) -> FileMode:
        """The mode as git reads it: older programs wrote others, like 100664."""
        kind = stat.S_IFMT(bits)
        if kind != stat.S_IFREG:
            return cls(f"{kind:o}")
        return cls.EXECUTABLE if bits & stat.S_IXUSR else cls.FILE


class File(NamedTuple):
    """What a folder holds under one name, unless that is a folder."""

    mode: FileMode
    blob: str
    """git's blob id (hex); for a submodule the id of its commit."""


class TreeEntry(NamedTuple):
    """One file of a revision by its whole path."""

    path: str
    """Relative to the repository's root, `/` separated, never starting with `/`."""
    mode: FileMode
    blob: str
    """As in `File`."""


@dataclass(slots=True, eq=False)
class Tree:
    """One folder with all below it: a value, equal to another of the same id.

    Not frozen, which makes a new one thrice as dear, and a plan may need a hundred thousand: the
    type checker sees to it that nothing is assigned.
    """

    id: Final[str]
    """git's tree id (hex), as `make_tree` gives it."""
    files: Final[Mapping[str, File]] = field(repr=False)
    """By name; in no order that matters."""
    folders: Final[Mapping[str, Tree]] = field(repr=False)
    """By name; none is empty, since git knows no empty folders."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __bool__(self) -> bool:
        return bool(self.files or self.folders)

    def folder(self, path: str) -> Tree:
        """The folder of that relative path (`""`: this one); an empty one where none is."""
        tree = self
        for name in path.split("/") if path else ():
            tree = tree.folders.get(name, EMPTY)
        return tree

    def file(self, path: str) -> File | None:
        """The file of that relative path."""
        folder, _, name = path.rpartition("/")
        return self.folder(folder).files.get(name)


def blob_id(data: bytes) -> str:
    """The id that git gives to a file of this content."""
    return _id(b"blob", data)


def make_tree(files: Mapping[str, File], folders: Mapping[str, Tree]) -> Tree:
    """A folder of these files and these folders, with the id that git gives it.

    It holds no empty folders and no modes but those of `FileMode`: where git itself has such a
    tree, its id is another.
    """
    full = {name: tree for name, tree in folders.items() if tree}
    rows = [(_bytes(name), mode.encode(), blob) for name, (mode, blob) in files.items()]
    # git sorts a folder as if its name ended in a slash.
    rows += [(_bytes(name) + b"/", b"40000", tree.id) for name, tree in full.items()]
    data = b"".join(
        [
            b"%s %s\0%s" % (mode, name.removesuffix(b"/"), bytes.fromhex(blob))
            for name, mode, blob in sorted(rows)
        ]
    )
    return Tree(_id(b"tree", data), files, full)


def _id(kind: bytes, data: bytes) -> str:
    header = b"%s %d\0" % (kind, len(data))
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()


EMPTY: Final = make_tree({}, {})


def tree_of(entries: Iterable[TreeEntry], under: str = "") -> Tree:
    """The folder `under`, of entries in any order; those elsewhere are passed over."""
    prefix = f"{under}/" if under else ""
    files: dict[str, File] = {}
    below: dict[str, list[TreeEntry]] = {}
    for path, mode, blob in entries:
        if path.startswith(prefix):
            name, slash, rest = path[len(prefix) :].partition("/")
            if slash:
                below.setdefault(name, []).append(TreeEntry(rest, mode, blob))
            else:
                files[name] = File(mode, blob)
    return make_tree(files, {name: tree_of(inside) for name, inside in below.items()})


def walk(tree: Tree, under: str = "") -> Iterator[TreeEntry]:
    """Every file in git's order, which is by bytes of paths; `under` is where the tree lies."""
    prefix = f"{under}/" if under else ""
    rows: list[tuple[bytes, str, File | Tree]] = [
        (_bytes(name), name, file) for name, file in tree.files.items()
    ]
    rows += [(_bytes(name) + b"/", name, folder) for name, folder in tree.folders.items()]
    for _, name, found in sorted(rows, key=lambda row: row[0]):
        if isinstance(found, Tree):
            yield from walk(found, prefix + name)
        else:
            yield TreeEntry(prefix + name, *found)


def without(tree: Tree, dropped: Callable[[str], object], under: str = "") -> Tree:
    """The tree less the files whose paths are `dropped`; the very same where none is.

    Paths are relative to the tree, which lies at `under`.
    """
    prefix = f"{under}/" if under else ""
    files = {name: file for name, file in tree.files.items() if not dropped(prefix + name)}
    folders = {
        name: without(folder, dropped, prefix + name) for name, folder in tree.folders.items()
    }
    if len(files) == len(tree.files) and folders == tree.folders:
        return tree
    return make_tree(files, folders)


def _bytes(name: str) -> bytes:
    return name.encode(errors="surrogateescape")


class Revision(Protocol):
    """One state of the repository: a commit, or the worktree with its uncommitted changes.

    Local git and the GitHub API both implement it and must yield equal trees.
    """

    @property
    def name(self) -> str:
        """What the user called it: a tag, a branch, a commit, `worktree`."""

    @property
    def commit(self) -> str | None:
        """The full commit id; `None` for a worktree with uncommitted changes."""

    @property
    def created(self) -> datetime:
        """When the commit was made (aware, UTC); for a worktree that of its HEAD."""

    def tree(self, under: str = "") -> Tree:
        """The folder `under` (`""`: the root) with all below it; empty where none is."""

    def read(self, blob: str) -> bytes:
        """The content of one blob. Raises `RevisionError` where it is not at hand."""


@runtime_checkable
class KnowsLargeFiles(Protocol):
    """A revision that tells cheaply which Git LFS objects are not at hand: local git's.

    GitHub's API has no such objects to give, and finding the pointers would take a request per
    small file: of its revisions the build itself refuses what is a pointer.
    """

    def lacks_large_file(self, blob: str) -> bool:
        """Whether the content is an LFS pointer, and `read` would give no more than that."""
