"""Local git as a source of revisions, through libgit2: no git program, nothing fetched.

A clone may be shallow, bare, or owned by another user (the runner's workspace belongs to uid
1001 and we are root), so libgit2's owner check is off: we only read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tfimages_action.adapters.git.libgit2 import pygit2
from tfimages_action.adapters.git.objects import Objects
from tfimages_action.adapters.git.worktree import WorktreeRevision
from tfimages_action.core.tree import EMPTY, Tree
from tfimages_action.errors import RevisionError

pygit2.settings.owner_validation = False
# Written by older gits into partial clones; whoever only reads what is there need not know more.
pygit2.settings.set_extensions(["partialclone"])


class GitRepository:
    """A local repository: its tags and its revisions."""

    def __init__(self, path: Path) -> None:
        """Open the repository that holds `path`. Raises `RevisionError` where there is none."""
        if not path.exists() or pygit2.discover_repository(str(path)) is None:
            raise RevisionError(
                f"{path.absolute()} is not in a git repository",
                hint="go to one or name its folder with --repo (`git init` makes one); in a job "
                "run actions/checkout first",
            )
        try:
            # By the folder itself: what was found may lie elsewhere and not know its worktree.
            self._repo = pygit2.Repository(str(path))
        except pygit2.GitError as error:
            raise RevisionError(
                f"the git repository can't be read: {error}",
                hint="libgit2 reads it, which knows no SHA-256 and no reftable (`git refs migrate "
                "--ref-format=files` mends that one); of anything else `git status` says more",
            ) from error
        self._objects = Objects(self._repo)

    @property
    def is_shallow(self) -> bool:
        return self._repo.is_shallow

    @property
    def root(self) -> Path | None:
        """The worktree's folder; `None` for a bare repository."""
        return Path(self._repo.workdir) if self._repo.workdir else None

    @property
    def origin(self) -> str | None:
        """The URL of the remote `origin`."""
        names = {remote.name: remote.url for remote in self._repo.remotes}
        return names.get("origin")

    def tags(self) -> tuple[str, ...]:
        """Names of all local tags."""
        prefix = "refs/tags/"
        names = (name for name in self._repo.references if name.startswith(prefix))
        return tuple(name.removeprefix(prefix) for name in names)

    def commit_of(self, name: str) -> str | None:
        """Tell the commit id of a tag, a branch or a commit; `None` where it isn't at hand."""
        commit = self._find(name)
        return str(commit.id) if commit else None

    def revision(self, name: str, *, commit: str | None = None) -> GitRevision:
        """Give one commit by tag, branch or id. Raises `RevisionError` where it isn't at hand.

        `commit` is what the name stands for, where the clone may not know it.
        """
        found = self._find(commit or name)
        if found is None:
            shallow = " (the clone is shallow)" if self.is_shallow else ""
            raise RevisionError(
                f"git has no revision {name!r}{shallow}",
                hint="check out with `fetch-depth: 0`, which brings all tags and their history",
            )
        return GitRevision(self._objects, name, found)

    def worktree(self) -> WorktreeRevision:
        """Give the worktree with its uncommitted changes, or with what is to be committed first."""
        if self._repo.is_bare:
            raise RevisionError(
                "this repository is bare: it has no worktree",
                hint="name a revision with --current, or another repository with --repo",
            )
        return WorktreeRevision(self._repo, self._objects, self._find("HEAD"))

    def merge_base(self, one: str, other: str) -> str | None:
        """Tell the commit id where two revisions parted; `None` where git can't say."""
        first, second = self._find(one), self._find(other)
        if first is None or second is None:
            return None
        try:
            base = self._repo.merge_base(first.id, second.id)
        except (KeyError, pygit2.GitError):
            return None
        return str(base) if base else None

    def _find(self, name: str) -> pygit2.Commit | None:
        # A tag wins over a branch of the same name, as it does on GitHub.
        for candidate in (f"refs/tags/{name}", f"refs/heads/{name}", f"refs/remotes/origin/{name}"):
            if candidate in self._repo.references:
                return self._peel(self._repo.references[candidate])
        try:
            return self._peel(self._repo.revparse_single(name))
        except (KeyError, ValueError, pygit2.GitError):
            return None

    def _peel(self, thing: pygit2.Object | pygit2.Reference) -> pygit2.Commit | None:
        try:
            return thing.peel(pygit2.Commit)
        except (KeyError, pygit2.GitError):
            return None


class GitRevision:
    """One commit of a local repository, as `core.tree.Revision`."""

    def __init__(self, objects: Objects, name: str, commit: pygit2.Commit) -> None:
        self._objects = objects
        self._name = name
        self._commit = commit

    @property
    def name(self) -> str:
        return self._name

    @property
    def commit(self) -> str | None:
        return str(self._commit.id)

    @property
    def created(self) -> datetime:
        return datetime.fromtimestamp(self._commit.commit_time, UTC)

    def tree(self, under: str = "") -> Tree:
        try:
            tree_id = self._tree_at(under)
            return EMPTY if tree_id is None else self._objects.tree(tree_id)
        except (KeyError, pygit2.GitError) as error:
            raise RevisionError(
                f"git does not have all folders of {self._name}",
                hint="a partial clone leaves them out: check out without `filter:` (at home "
                "`git fetch --refetch --no-filter`)",
            ) from error

    def read(self, blob: str) -> bytes:
        return self._objects.content(blob)

    def lacks_large_file(self, blob: str) -> bool:
        return self._objects.lacks_large_file(blob)

    def _tree_at(self, folder: str) -> bytes | None:
        tree: pygit2.Object = self._commit.tree
        for part in filter(None, folder.split("/")):
            if not isinstance(tree, pygit2.Tree) or part not in tree:
                return None
            tree = tree[part]
        return tree.id.raw if isinstance(tree, pygit2.Tree) else None
