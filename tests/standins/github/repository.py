"""The git repository behind the stand-in, read by git itself and by nothing of the project."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SHA = re.compile(r"[0-9a-f]{40}")
_SHORT_SHA = re.compile(r"[0-9a-f]{4,40}")
_STATUS: Final = {
    "A": "added",
    "D": "removed",
    "M": "modified",
    "R": "renamed",
    "C": "copied",
    "T": "changed",
}


class AbsentError(LookupError):
    """The repository has no such object or ref."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A ref and the object that it names: for an annotated tag the tag object."""

    name: str
    kind: str
    sha: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One line of `git ls-tree`; `size` for blobs alone."""

    mode: str
    kind: str
    sha: str
    size: int | None
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file of a comparison, in GitHub's words."""

    status: str
    path: str
    previous: str | None
    sha: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who wrote or made a commit, and when (ISO 8601, UTC)."""

    name: str
    email: str
    date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit object."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


class Repository:
    """Reads one git repository; every lookup that finds nothing raises `AbsentError`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def default_branch(self) -> str:
        return self._git("symbolic-ref", "--short", "HEAD").decode().strip()

    def refs(self, prefix: str) -> Iterator[Ref]:
        """Every ref whose full name starts with `prefix` (text, not folders), by name."""
        form = "%(refname)%00%(objecttype)%00%(objectname)%00%(*objectname)"
        listed = self._git("for-each-ref", f"--format={form}").decode()
        for line in sorted(listed.splitlines()):
            name, kind, sha, peeled = line.split("\0")
            if name.startswith(prefix):
                yield Ref(name=name, kind=kind, sha=sha, commit=peeled or sha)

    def resolve(self, name: str) -> str:
        """Return the commit that a name stands for: an id, a branch, a tag, `heads/x`."""
        if _SHORT_SHA.fullmatch(name):
            candidates = [name, f"refs/heads/{name}", f"refs/tags/{name}"]
        else:
            candidates = [f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}", name]
        for candidate in candidates:
            found = self._try("rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}")
            if found is not None:
                return found.decode().strip()
        raise AbsentError(name)

    def tree(self, name: str) -> str:
        """Return the tree of a tree id, commit id or ref name."""
        if _SHA.fullmatch(name):
            found = self._try("rev-parse", "--verify", "--quiet", f"{name}^{{tree}}")
            if found is None:
                raise AbsentError(name)
            return found.decode().strip()
        return self.commit(self.resolve(name)).tree

    def nodes(self, tree: str, *, recursive: bool) -> list[Node]:
        options = ["-r", "-t"] if recursive else []
        listed = self._git("ls-tree", "-z", "--full-tree", "--long", *options, tree)
        return [_node(line) for line in listed.decode(errors="replace").split("\0") if line]

    def node(self, commit: str, path: str) -> Node:
        """Return one file or folder. Raises `AbsentError`."""
        listed = self._git("ls-tree", "-z", "--full-tree", "--long", commit, "--", path)
        if not listed:
            raise AbsentError(path)
        return _node(listed.decode(errors="replace").rstrip("\0"))

    def blob(self, sha: str) -> bytes:
        found = self._try("cat-file", "blob", sha)
        if found is None:
            raise AbsentError(sha)
        return found

    def archive(self, name: str) -> bytes:
        """A gzipped tar of a revision below one folder, as codeload serves it."""
        sha = self.resolve(name)
        return self._git("archive", "--format=tar.gz", f"--prefix=repository-{sha[:7]}/", sha)

    def tag_object(self, sha: str) -> dict[str, str]:
        """Return the headers and the `message` of an annotated tag."""
        found = self._try("cat-file", "tag", sha)
        if found is None:
            raise AbsentError(sha)
        head, _, message = found.decode(errors="replace").partition("\n\n")
        return {**dict(_pair(line) for line in head.splitlines()), "message": message}

    def commit(self, sha: str) -> Commit:
        found = next(self.log([sha, "--max-count=1"]), None)
        if found is None:
            raise AbsentError(sha)
        return found

    def log(self, arguments: Sequence[str]) -> Iterator[Commit]:
        form = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x01"
        environment_date = "--date=iso-strict-local"
        listed = self._try("log", environment_date, f"--format={form}", *arguments)
        if listed is None:
            raise AbsentError(arguments[0])
        for text in listed.decode(errors="replace").split("\x01\n"):
            if text.strip("\x01\n"):
                yield _commit(text)

    def merge_base(self, one: str, other: str) -> str:
        found = self._try("merge-base", one, other)
        if found is None:
            raise AbsentError(f"{one}...{other}")
        return found.decode().strip()

    def changes(self, before: str, after: str) -> list[Change]:
        """Return what differs between two commits, renames found as GitHub finds them."""
        fields = self._git("diff", "--raw", "-z", "--no-abbrev", "-M", before, after)
        return list(_changes(iter(fields.decode(errors="replace").split("\0"))))

    def _git(self, *arguments: str) -> bytes:
        found = self._try(*arguments)
        if found is None:
            raise AbsentError(" ".join(arguments))
        return found

    def _try(self, *arguments: str) -> bytes | None:
        command = ["git", "-c", "safe.directory=*", "-c", "core.quotePath=false", *arguments]
        done = subprocess.run(command, cwd=self.path, capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None


def _pair(line: str) -> tuple[str, str]:
    key, _, value = line.partition(" ")
    return key, value


def _node(line: str) -> Node:
    head, _, path = line.partition("\t")
    mode, kind, sha, size = head.split()
    return Node(mode=mode, kind=kind, sha=sha, size=None if size == "-" else int(size), path=path)


def _commit(text: str) -> Commit:
    sha, tree, parents, *people, message = text.split("\0")
    return Commit(
        sha=sha,
        tree=tree,
        parents=tuple(parents.split()),
        author=_person(people[:3]),
        committer=_person(people[3:]),
        message=message.rstrip("\x01\n"),
    )


def _person(fields: Sequence[str]) -> Person:
    name, email, date = fields
    return Person(name=name, email=email, date=date)


def _changes(fields: Iterator[str]) -> Iterator[Change]:
    for head in fields:
        if not head:
            return
        _, _, old_sha, new_sha, status = head.removeprefix(":").split(" ")
        path = next(fields)
        previous = path if status[0] in "RC" else None
        yield Change(
            status=_STATUS[status[0]],
            path=next(fields) if previous else path,
            previous=previous,
            sha=old_sha if status == "D" else new_sha,
        )
