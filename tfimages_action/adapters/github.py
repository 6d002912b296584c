"""GitHub's REST API as a source of tags and revisions, for runs whose clone lacks them.

Everything is found by content: trees and blobs have git's own ids, so a revision read from here
and the same one read from local git give identical fingerprints.
"""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

import github
import requests
from github.Repository import Repository

from tfimages_action.core.tree import FileMode, Tree, TreeEntry, blob_id, tree_of
from tfimages_action.errors import GitHubError, RevisionError

_TIMEOUT_S: Final = 30
_RETRIES: Final = 3
_SINGLE_READS: Final = 25
"""After so many blobs one archive costs less of the 1,000 requests an hour than more blobs."""
_NOT_FOUND: Final = 404
_UNPROCESSABLE: Final = 422


class GitHubRepository:
    """One repository on GitHub (or an Enterprise server), seen through its API."""

    def __init__(self, *, api_url: str, repository: str, token: str | None) -> None:
        """Make no request yet. `repository` is `owner/name`."""
        auth = github.Auth.Token(token) if token else None
        client = github.Github(
            auth=auth,
            base_url=api_url,
            timeout=_TIMEOUT_S,
            retry=_RETRIES,
            per_page=100,
            seconds_between_requests=None,
            lazy=True,
        )
        self._name = repository
        self._repo = client.get_repo(repository)
        self._blobs = BlobReader(self._repo)
        self._commits: dict[str, dict[str, Any]] = {}

    @cached_property
    def _tag_objects(self) -> dict[str, tuple[str, str]]:
        prefix = "refs/tags/"
        with _explained(f"the tags of {self._name}"):
            # One request, however many tags there are: this endpoint has no pages. (`raw_data`
            # would ask for each of them again.)
            return {
                ref.ref.removeprefix(prefix): (ref.object.type, ref.object.sha)
                for ref in self._repo.get_git_matching_refs("tags/")
            }

    def tags(self) -> tuple[str, ...]:
        """Names of all tags. Raises `GitHubError`."""
        return tuple(self._tag_objects)

    def object_of(self, name: str) -> str | None:
        """Tell the id of what a tag names: mostly a commit, of an annotated one the tag itself."""
        return self._tag_objects[name][1] if name in self._tag_objects else None

    def commit_of(self, name: str) -> str | None:
        """Tell the commit id that a tag leads to; `None` where it leads to none."""
        kind, sha = self._tag_objects.get(name, ("", ""))
        if kind != "tag":
            return sha if kind == "commit" else None
        try:
            return str(self._commit(name)["sha"])
        except RevisionError:
            return None  # a tag of a tree or a blob

    def revision(self, name: str) -> GitHubRevision:
        """Give one commit by tag, branch or id. Raises `RevisionError` where there is none."""
        try:
            found = self._commit(name)
        except RevisionError as error:
            raise RevisionError(
                f"GitHub has no revision {name!r} in {self._name}",
                hint="was the tag or branch deleted? name another one with `current`/`previous`",
            ) from error
        return GitHubRevision(self._repo, self._blobs, name, found)

    def merge_base(self, base: str, head: str) -> str:
        """Tell the commit where two revisions parted (the compare API's, never its files)."""
        with _explained(f"the comparison {base}...{head} of {self._name}"):
            return self._repo.compare(base, head).merge_base_commit.sha

    def _commit(self, name: str) -> dict[str, Any]:
        """What GitHub says of a commit, asked once. Raises `RevisionError` where there is none."""
        if name not in self._commits:
            reference = f"tags/{name}" if name in self._tag_objects else name
            with _explained(f"the revision {name} of {self._name}"):
                self._commits[name] = self._repo.get_commit(reference).raw_data
        return self._commits[name]


class GitHubRevision:
    """One commit read through the API, as `core.tree.Revision`."""

    def __init__(
        self, repo: Repository, blobs: BlobReader, name: str, found: dict[str, Any]
    ) -> None:
        self._repo = repo
        self._blobs = blobs
        self._name = name
        self._found = found

    @property
    def name(self) -> str:
        return self._name

    @property
    def commit(self) -> str | None:
        return str(self._found["sha"])

    @property
    def created(self) -> datetime:
        written = str(self._found["commit"]["committer"]["date"])
        return datetime.fromisoformat(written).astimezone(UTC)

    def tree(self, under: str = "") -> Tree:
        return self._tree.folder(under)

    def read(self, blob: str) -> bytes:
        return self._blobs.read(blob, str(self._found["sha"]))

    @cached_property
    def _tree(self) -> Tree:
        with _explained(f"the files of {self._name}"):
            return tree_of(_walk(self._repo, str(self._found["commit"]["tree"]["sha"]), ""))


class BlobReader:
    """Blobs of one repository by id: one by one at first, then by whole archives."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._known: dict[str, bytes] = {}
        self._single_reads = 0
        self._archived: set[str] = set()

    def read(self, blob: str, commit: str) -> bytes:
        """Give a blob's bytes; `commit` is one that holds it."""
        if blob not in self._known:
            if self._single_reads >= _SINGLE_READS and commit not in self._archived:
                self._read_archive(commit)
            if blob not in self._known:
                self._known[blob] = self._read_one(blob)
        return self._known[blob]

    def _read_one(self, blob: str) -> bytes:
        self._single_reads += 1
        with _explained(f"the blob {blob}"):
            return base64.b64decode(self._repo.get_git_blob(blob).content)

    def _read_archive(self, commit: str) -> None:
        self._archived.add(commit)
        with _explained(f"the archive of {commit}"):
            link = self._repo.get_archive_link("tarball", commit)
            # The link carries what it needs: no token of ours goes to another host.
            answer = requests.get(link, timeout=_TIMEOUT_S)
            answer.raise_for_status()
        with tarfile.open(fileobj=io.BytesIO(answer.content), mode="r:*") as archive:
            for member in archive:
                if member.issym():
                    self._remember(member.linkname.encode(errors="surrogateescape"))
                elif file := archive.extractfile(member) if member.isreg() else None:
                    self._remember(file.read())

    def _remember(self, data: bytes) -> None:
        # By the id of what came: a file that the archive altered (export-subst) is just not found.
        self._known[blob_id(data)] = data


def _walk(repo: Repository, tree: str, prefix: str) -> Iterator[TreeEntry]:
    found = repo.get_git_tree(tree, recursive=True).raw_data
    cut = bool(found.get("truncated"))
    if cut:
        found = repo.get_git_tree(tree).raw_data
        if found.get("truncated"):
            raise GitHubError(
                f"GitHub does not list all of one folder: {prefix.rstrip('/') or 'the root'}",
                hint="check out with `fetch-depth: 0`: then it is not asked",
            )
    for row in found["tree"]:
        path = prefix + row["path"]
        if row["type"] != "tree":
            yield TreeEntry(path, FileMode.of(int(row["mode"], 8)), row["sha"])
        elif cut:
            yield from _walk(repo, row["sha"], f"{path}/")


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn the library's exceptions into ours: what was asked, what to do."""
    try:
        yield
    except github.GithubException as error:
        if error.status in {_NOT_FOUND, _UNPROCESSABLE}:
            raise RevisionError(
                f"GitHub does not have {what} ({error.status})",
                hint="a private repository needs `permissions: contents: read` and github-token",
            ) from error
        raise GitHubError(
            f"GitHub refused {what}: {error.status} {_said(error)}", hint=_hint(error.status)
        ) from error
    except requests.RequestException as error:
        raise GitHubError(
            f"GitHub can't be reached for {what}: {type(error).__name__}",
            hint="see https://www.githubstatus.com, then run the job again",
        ) from error


def _said(error: github.GithubException) -> str:
    data = error.data
    return str(data.get("message", "")) if isinstance(data, dict) else ""


def _hint(status: int) -> str:
    match status:
        case 401:
            return "github-token is no valid token; leave it out to use the job's own"
        case 403 | 429:
            return (
                "either the token's requests for this hour are used up (1,000 for a job's token), "
                "or the job lacks `permissions: contents: read`"
            )
        case _:
            return "see https://www.githubstatus.com, then run the job again"
