"""The objects of a local repository, read raw: thousands of trees and blobs in one run."""

from __future__ import annotations

import re
import stat
from functools import cache, partial
from pathlib import Path
from typing import Final

from tfimages_action.adapters.git import large_files
from tfimages_action.adapters.git.libgit2 import pygit2
from tfimages_action.core.tree import File, FileMode, Tree, make_tree
from tfimages_action.errors import RevisionError

# As git itself reads: nothing is hashed anew. Each object is read once, so none is kept either.
pygit2.settings.enable_strict_hash_verification(False)
pygit2.settings.enable_caching(False)

_MODES: Final = {mode.value.encode(): mode for mode in FileMode}
_FOLDER: Final = b"40000"
_TREE_ENTRY: Final = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)
_new: Final = tuple.__new__
"""What a NamedTuple's own call ends in, at half the time: it is made for every file there is."""


class Objects:
    """Trees and blobs by id."""

    def __init__(self, repo: pygit2.Repository) -> None:
        self._everywhere = repo.odb
        self._folder = Path(repo.path)
        # Where there is a pointer: git's configuration takes 4 ms to read.
        self._large_files = cache(partial(large_files.storage, repo))
        # libgit2's own store asks the file system for each object first, which takes as long as
        # reading it. (A linked worktree's objects are elsewhere.)
        folder = self._folder / "objects"
        self._packs = pygit2.OdbBackendPack(str(folder)) if folder.is_dir() else None
        self._trees: dict[bytes, Tree] = {}
        self._odd: set[bytes] = set()
        """Trees with empty folders, or modes that git writes no more: their ids are git's alone."""

    def tree(self, tree: bytes) -> Tree:
        """A folder with all below it, by its id; read once, whichever revisions hold it.

        Raises `KeyError` or `pygit2.GitError` where the clone lacks any of it.
        """
        found = self._trees.get(tree)
        if found is not None:
            return found
        files: dict[str, File] = {}
        folders: dict[str, Tree] = {}
        odd = False
        # A loop over bytes costs a fraction of an object per entry.
        for mode, path, blob in _TREE_ENTRY.findall(self._read(pygit2.Oid(raw=tree))[1]):
            name = path.decode("utf-8", "surrogateescape")
            if mode in _MODES:
                files[name] = _new(File, (_MODES[mode], blob.hex()))
            elif mode == _FOLDER or stat.S_ISDIR(int(mode, 8)):
                folders[name] = self.tree(blob)
                odd = odd or blob in self._odd or mode != _FOLDER
            else:
                files[name] = File(FileMode.of(int(mode, 8)), blob.hex())
                odd = True
        found = make_tree(files, folders) if odd else Tree(tree.hex(), files, folders)
        if odd or not (files or folders):
            self._odd.add(tree)
        self._trees[tree] = found
        return found

    def content(self, blob: str) -> bytes:
        """A file's content; of a Git LFS pointer what it stands for. Raises `RevisionError`."""
        try:
            kind, data = self._read(pygit2.Oid(hex=blob))
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise RevisionError(
                f"git has no blob {blob}",
                hint="a partial clone leaves blobs out: check out without `filter:` (at home "
                "`git fetch --refetch --no-filter`)",
            ) from error
        if kind != pygit2.enums.ObjectType.BLOB:
            raise RevisionError(f"{blob} is no file's content")
        return self.resolved(data)

    def resolved(self, data: bytes) -> bytes:
        """The content; of a Git LFS pointer what it stands for, where the clone has that."""
        place = self._large_file(data)
        return place.read_bytes() if place and place.is_file() else data

    def lacks_large_file(self, blob: str) -> bool:
        """Whether it is a Git LFS pointer whose object was not fetched (`lfs: true`)."""
        oid = pygit2.Oid(hex=blob)
        try:
            if self._size(oid) > large_files.LONGEST_POINTER:
                return False
            return self.dangles(self._read(oid)[1])
        except (KeyError, pygit2.GitError):
            return False  # not at hand at all: reading it says so

    def dangles(self, data: bytes) -> bool:
        """Whether the content is a Git LFS pointer to what is not here."""
        place = self._large_file(data)
        return place is not None and not place.is_file()

    def _size(self, oid: pygit2.Oid) -> int:
        if self._packs is not None:
            try:
                return self._packs.read_header(oid)[1]
            except KeyError:
                pass
        return self._everywhere.read_header(oid)[1]

    def _read(self, oid: pygit2.Oid) -> tuple[int, bytes]:
        if self._packs is not None:
            try:
                return self._packs.read(oid)
            except KeyError:
                pass
        return self._everywhere.read(oid)

    def _large_file(self, data: bytes) -> Path | None:
        """Where the object of a Git LFS pointer lies, if the clone has it."""
        name = large_files.object_of(data)
        return self._large_files() / name[:2] / name[2:4] / name if name else None
