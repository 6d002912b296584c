"""The worktree of a local repository as a revision: what a commit of all of it would hold."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from tfimages_action.adapters.git import large_files
from tfimages_action.adapters.git.libgit2 import pygit2
from tfimages_action.adapters.git.objects import Objects
from tfimages_action.core.tree import FileMode, Tree, TreeEntry, blob_id, tree_of
from tfimages_action.errors import Location, RevisionError

_WORKTREE: Final = "worktree"
_SKIP_WORKTREE: Final = 1 << 14
"""https://git-scm.com/docs/index-format, among the extended flags"""
_NEW: Final = pygit2.enums.FileStatus.WT_NEW
_DELETED: Final = pygit2.enums.FileStatus.WT_DELETED

_MENDING: Final = {
    "'sdir'": "`git sparse-checkout reapply --no-sparse-index`: libgit2 reads no sparse index",
    "'link'": "`git update-index --no-split-index`: libgit2 reads no split index",
}


class WorktreeRevision:
    """What git tracks as it is now, and new files that git does not ignore."""

    def __init__(
        self, repo: pygit2.Repository, objects: Objects, head: pygit2.Commit | None
    ) -> None:
        """Look at what differs from the commit, if there is one yet.

        Raises `RevisionError` where git can't tell.
        """
        self._repo = repo
        self._objects = objects
        self._head = head
        self._root = Path(repo.workdir)
        self._changed = _changes(repo)
        self._places: dict[str, Path] = {}
        """By blob id, of what no commit may hold yet."""

    @property
    def name(self) -> str:
        return _WORKTREE

    @property
    def commit(self) -> str | None:
        """The commit that it equals; `None` with uncommitted changes."""
        return None if self._changed or self._head is None else str(self._head.id)

    @property
    def created(self) -> datetime:
        return datetime.fromtimestamp(self._head.commit_time if self._head else 0, UTC)

    def tree(self, under: str = "") -> Tree:
        return tree_of(self._entries(under), under)

    def read(self, blob: str) -> bytes:
        place = self._places.get(blob)
        if place is None:
            return self._objects.content(blob)
        if place.is_symlink():
            return os.fsencode(place.readlink())
        data = place.read_bytes()
        committed = data.replace(b"\r\n", b"\n")
        if committed != data and blob_id(committed) == blob:
            return committed  # `core.autocrlf` or .gitattributes said so
        return self._objects.resolved(data)

    def lacks_large_file(self, blob: str) -> bool:
        place = self._places.get(blob)
        if place is None or place.is_symlink():
            return self._objects.lacks_large_file(blob)
        size = place.stat().st_size
        return size <= large_files.LONGEST_POINTER and self._objects.dangles(place.read_bytes())

    def _entries(self, under: str) -> Iterator[TreeEntry]:
        """Those below `under`; elsewhere nothing is read, however large it is."""
        index = {entry.path: entry for entry in self._repo.index}
        prefix = f"{under}/" if under else ""
        for path in {*index, *self._changed}:
            if not path.startswith(prefix):
                continue
            known = index.get(path)
            status = self._changed.get(path)
            if status is None and known is not None:
                yield _as_indexed(path, known)
            elif status and not status & _DELETED and (known or status & _NEW):
                entry = self._entry(path.removesuffix("/"), known)
                if entry:
                    yield entry

    def _entry(self, path: str, known: pygit2.IndexEntry | None) -> TreeEntry | None:
        """What lies there now; `known` is what the index has there."""
        place = self._root / path
        try:
            bits = place.lstat().st_mode
            match stat.S_IFMT(bits):
                case stat.S_IFDIR:
                    return self._submodule(path, known)
                case stat.S_IFLNK:
                    blob = blob_id(os.fsencode(place.readlink()))
                    mode = FileMode.SYMLINK
                case stat.S_IFREG:
                    blob = self._blob(path)
                    mode = self._mode(bits, known)
                case _:
                    return None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RevisionError(
                f"this file can't be read: {error.strerror}",
                hint="make it readable, or let .gitignore name it",
                location=Location(path=path),
            ) from error
        self._places[blob] = place
        return TreeEntry(path, mode, blob)

    def _submodule(self, path: str, known: pygit2.IndexEntry | None) -> TreeEntry | None:
        """A repository in the repository counts by the commit that is checked out in it."""
        try:
            inner = pygit2.Repository(
                str(self._root / path), pygit2.enums.RepositoryOpenFlag.NO_SEARCH
            )
            return TreeEntry(path, FileMode.SUBMODULE, str(inner.head.target))
        except pygit2.GitError:  # it was never fetched, or has no commit yet
            return _as_indexed(path, known) if known else None

    def _blob(self, path: str) -> str:
        """The id that git gives to the file: after `core.autocrlf`, `text`, `ident`, LFS."""
        if self._has_large_files and self._repo.get_attr(path, "filter") == "lfs":
            return blob_id(large_files.pointer_to(self._root / path))
        try:
            return str(self._repo.hashfile(path))
        except pygit2.GitError:  # `core.safecrlf`, or it can't be read: then this says so
            return blob_id((self._root / path).read_bytes())

    def _mode(self, bits: int, known: pygit2.IndexEntry | None) -> FileMode:
        if self._modes_count:
            return FileMode.of(bits)
        return FileMode.EXECUTABLE if known and known.mode & stat.S_IXUSR else FileMode.FILE

    @cached_property
    def _modes_count(self) -> bool:
        config = self._repo.config
        return "core.filemode" not in config or config.get_bool("core.filemode")

    @cached_property
    def _has_large_files(self) -> bool:
        return large_files.in_use(self._repo)


def _as_indexed(path: str, entry: pygit2.IndexEntry) -> TreeEntry:
    return TreeEntry(path, FileMode.of(entry.mode), str(entry.id))


def _changes(repo: pygit2.Repository) -> dict[str, int]:
    """Status by path of what differs from HEAD; nothing that is ignored or kept out on purpose."""
    try:
        repo.index.read()
        found = repo.status(untracked_files="all")
    except (pygit2.GitError, OSError) as error:
        known = (mending for cause, mending in _MENDING.items() if cause in str(error))
        mending = next(known, "commit what is new, and name the commit in place of the worktree")
        raise RevisionError(f"the worktree can't be read: {error}", hint=mending) from error
    return {
        path: status
        for path, status in found.items()
        if not status & pygit2.enums.FileStatus.IGNORED
        and not (status == _DELETED and _is_sparse(repo, path))
    }


def _is_sparse(repo: pygit2.Repository, path: str) -> bool:
    """Whether `git sparse-checkout` leaves a file out: pygit2 has no word for that flag."""
    index = repo.index._index  # noqa: SLF001
    entry = pygit2.C.git_index_get_bypath(index, os.fsencode(path), 0)
    return entry != pygit2.ffi.NULL and bool(entry.flags_extended & _SKIP_WORKTREE)
