"""A revision of the repository as the core sees it: paths, modes, blob ids, and bytes on demand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable


class FileMode(StrEnum):
    """The modes that git knows, as git writes them."""

    FILE = "100644"
    EXECUTABLE = "100755"
    SYMLINK = "120000"
    SUBMODULE = "160000"

    __hash__ = str.__hash__  # that of `Enum` is Python, and called for every file


class TreeEntry(NamedTuple):
    """One file of a revision. A tuple, because there may be hundreds of thousands of them."""

    path: str
    """Relative to the repository's root, `/` separated, never starting with `/`."""
    mode: FileMode
    blob: str
    """git's blob id (hex); for a submodule the id of its commit."""


class Revision(Protocol):
    """One state of the repository: a commit, or the worktree with its uncommitted changes.

    Local git and the GitHub API both implement it and must yield identical entries.
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

    def entries(self, under: str = "") -> Iterable[TreeEntry]:
        """Every file at or below the folder `under` (`""`: the root), sorted by path bytes."""

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
