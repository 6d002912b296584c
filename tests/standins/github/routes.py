"""What the API answers: a request's path and query in, a status and JSON out. No HTTP in here."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from tests.standins.github import bodies
from tests.standins.github.issues import Issues
from tests.standins.github.repository import AbsentError, Node, Repository
from tests.standins.github.wire import ApiError, Json, Reply, Request

_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """GitHub's own limits; a test lowers one to see what happens beyond it."""

    tree_entries: int = 100_000
    """Of a recursive tree; beyond it the answer says `truncated`."""
    folder_entries: int = 100_000
    """Of one folder; beyond it there is no way to the rest."""
    compare_files: int = 300
    """Of a whole comparison; nothing says that it was cut."""
    pull_files: int = 3000
    blob_bytes: int = 100 * 1024 * 1024
    contents_bytes: int = 1024 * 1024
    """A larger file's content is left out of `contents`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A pull request; `base` and `head` are branch names or commit ids."""

    number: int
    base: str
    head: str
    title: str = "A change"
    head_repository: str | None = None
    """Owner and name of the fork that it comes from; `None`: this repository."""


class Routes:
    """The routes of one repository. `base` is the API's address, `name` is `OWNER/NAME`."""

    def __init__(
        self,
        repository: Repository,
        *,
        base: str,
        name: str,
        private: bool = False,
        limits: Limits | None = None,
        pulls: tuple[Pull, ...] = (),
    ) -> None:
        self._git = repository
        self._urls = bodies.Urls(base=base, name=name)
        self._name = name
        self._private = private
        self._limits = limits or Limits()
        self.pulls = pulls
        self.issues = Issues(self._urls)
        self._table: tuple[tuple[re.Pattern[str], Callable[[Request], Reply]], ...] = tuple(
            (re.compile(pattern), route)
            for pattern, route in (
                (r"", self._repository),
                (r"/tags", self._tags),
                (r"/branches", self._branches),
                (r"/branches/(?P<name>.+)", self._branch),
                (r"/git/refs?/(?P<name>.+)", self._ref),
                (r"/git/matching-refs/(?P<name>.*)", self._matching_refs),
                (r"/git/tags/(?P<sha>[^/]+)", self._tag_object),
                (r"/git/commits/(?P<sha>[^/]+)", self._git_commit),
                (r"/git/trees/(?P<sha>.+)", self._tree),
                (r"/git/blobs/(?P<sha>[^/]+)", self._blob),
                (r"/commits", self._commits),
                (r"/commits/(?P<name>.+)", self._commit),
                (r"/compare/(?P<base>.+)\.\.\.(?P<head>.+)", self._compare),
                (r"/contents/?(?P<path>.*)", self._contents),
                (r"/tarball/(?P<name>.+)", self._tarball),
                (r"/legacy\.tar\.gz/(?P<name>.+)", self._archive),
                (r"/pulls", self._pull_list),
                (r"/pulls/(?P<number>\d+)", self._pull),
                (r"/pulls/(?P<number>\d+)/files", self._pull_files),
                (r"/releases", self._releases),
            )
        )

    def answer(self, request: Request) -> Reply:
        """Answer one request; whatever the repository lacks is a 404."""
        about_issues = self.issues.answer(request)
        if about_issues is not None:
            return about_issues
        if request.method != "GET":
            raise ApiError(404, "Not Found")
        for pattern, route in self._table:
            hit = pattern.fullmatch(request.path)
            if hit:
                parts = {key: unquote(value) for key, value in hit.groupdict().items()}
                try:
                    return route(
                        Request(
                            path=request.path,
                            query=request.query,
                            accept=request.accept,
                            parts=parts,
                        )
                    )
                except AbsentError:
                    raise ApiError(404, "Not Found") from None
        raise ApiError(404, "Not Found")

    def _repository(self, _: Request) -> Reply:
        branch = self._git.default_branch()
        return Reply(body=bodies.repository(self._urls, branch=branch, private=self._private))

    def _tags(self, _: Request) -> Reply:
        # GitHub promises no order here; it is by name, descending.
        refs = sorted(self._git.refs("refs/tags/"), key=lambda ref: ref.name, reverse=True)
        return Reply(body=[bodies.tag(self._urls, ref) for ref in refs], paged=True)

    def _branches(self, _: Request) -> Reply:
        refs = self._git.refs("refs/heads/")
        return Reply(body=[bodies.branch(self._urls, ref) for ref in refs], paged=True)

    def _branch(self, request: Request) -> Reply:
        wanted = f"refs/heads/{request.parts['name']}"
        for ref in self._git.refs(wanted):
            if ref.name == wanted:
                commit = bodies.commit(self._urls, self._git.commit(ref.commit))
                return Reply(body={**bodies.branch(self._urls, ref), "commit": commit})
        raise ApiError(404, "Branch not found")

    def _ref(self, request: Request) -> Reply:
        wanted = f"refs/{request.parts['name']}"
        for ref in self._git.refs(wanted):
            if ref.name == wanted:
                return Reply(body=bodies.ref(self._urls, ref))
        raise AbsentError(wanted)

    def _matching_refs(self, request: Request) -> Reply:
        # All of them at once, whatever `per_page` says: https://github.com/google/go-github/pull/3924
        refs = self._git.refs(f"refs/{request.parts['name']}")
        return Reply(body=[bodies.ref(self._urls, ref) for ref in refs])

    def _tag_object(self, request: Request) -> Reply:
        sha = request.parts["sha"]
        return Reply(body=bodies.tag_object(self._urls, sha, self._git.tag_object(sha)))

    def _git_commit(self, request: Request) -> Reply:
        commit = self._git.commit(_full_sha(request.parts["sha"]))
        return Reply(body=bodies.git_commit(self._urls, commit))

    def _tree(self, request: Request) -> Reply:
        tree = self._git.tree(request.parts["sha"])
        # Any value, even 0, makes it recursive.
        recursive = "recursive" in request.query
        nodes = self._git.nodes(tree, recursive=recursive)
        limits = self._limits
        limit = limits.tree_entries if recursive else limits.folder_entries
        return Reply(
            body={
                "sha": tree,
                "url": self._urls.git("trees", tree),
                "tree": [bodies.node(self._urls, node) for node in nodes[:limit]],
                "truncated": len(nodes) > limit,
            }
        )

    def _blob(self, request: Request) -> Reply:
        sha = _full_sha(request.parts["sha"])
        content = self._git.blob(sha)
        if len(content) > self._limits.blob_bytes:
            raise ApiError(
                403,
                "The requested blob is too large to fetch via the API, but you can always clone"
                " the repository via Git in order to access it.",
                errors=[{"resource": "Blob", "field": "data", "code": "too_large"}],
            )
        if "raw" in request.accept:
            return Reply(raw=content)
        return Reply(
            body={
                "sha": sha,
                "node_id": "",
                "size": len(content),
                "url": self._urls.git("blobs", sha),
                "content": _base64(content),
                "encoding": "base64",
            }
        )

    def _commits(self, request: Request) -> Reply:
        start = self._git.resolve(request.query.get("sha") or self._git.default_branch())
        path = request.query.get("path")
        log = self._git.log([start, *(["--", path] if path else [])])
        return Reply(body=[bodies.commit(self._urls, commit) for commit in log], paged=True)

    def _commit(self, request: Request) -> Reply:
        name = request.parts["name"]
        try:
            commit = self._git.commit(self._git.resolve(name))
        except AbsentError:
            raise ApiError(422, f"No commit found for SHA: {name}") from None
        changes = self._git.changes(commit.parents[0], commit.sha) if commit.parents else []
        body = bodies.commit(self._urls, commit)
        files = [bodies.file(self._urls, commit.sha, change) for change in changes]
        return Reply(body={**body, "files": files[: self._limits.compare_files]})

    def _compare(self, request: Request) -> Reply:
        base = self._git.resolve(request.parts["base"].rpartition(":")[2])
        head = self._git.resolve(request.parts["head"].rpartition(":")[2])
        try:
            merge_base = self._git.merge_base(base, head)
        except AbsentError:
            named = f"{request.parts['base']} and {request.parts['head']}"
            raise ApiError(404, f"No common ancestor between {named}.") from None
        ahead = list(self._git.log(["--reverse", f"{base}..{head}"]))
        behind = list(self._git.log([f"{head}..{base}"]))
        page = int(request.query.get("page", "1"))
        size = min(int(request.query.get("per_page", "250")), 1000)
        files = [
            bodies.file(self._urls, head, change) for change in self._git.changes(merge_base, head)
        ]
        body = bodies.comparison(
            self._urls,
            base=self._git.commit(base),
            merge_base=self._git.commit(merge_base),
            commits=ahead[(page - 1) * size : page * size],
            ahead=len(ahead),
            behind=len(behind),
        )
        # The files stand on the first page alone, and are cut without a word.
        return Reply(
            body={**body, "files": files[: self._limits.compare_files if page == 1 else 0]}
        )

    def _contents(self, request: Request) -> Reply:
        name = request.query.get("ref") or self._git.default_branch()
        try:
            commit = self._git.resolve(name)
        except AbsentError:
            raise ApiError(404, f"No commit found for the ref {name}") from None
        path = request.parts["path"].strip("/")
        node = self._git.node(commit, path) if path else None
        if node is None or node.kind == "tree":
            tree = node.sha if node else self._git.commit(commit).tree
            inside = self._git.nodes(tree, recursive=False)
            prefix = f"{path}/" if path else ""
            return Reply(body=[bodies.entry(self._urls, name, n, prefix + n.path) for n in inside])
        return self._file(request, name, node)

    def _file(self, request: Request, ref: str, node: Node) -> Reply:
        content = b"" if node.kind == "commit" else self._git.blob(node.sha)
        if "raw" in request.accept:
            return Reply(raw=content)
        fits = len(content) <= self._limits.contents_bytes
        body = bodies.entry(self._urls, ref, node, node.path)
        match body["type"]:
            case "symlink":
                return Reply(body={**body, "target": content.decode()})
            case "submodule":
                return Reply(body=body)
        return Reply(
            body={
                **body,
                "content": _base64(content) if fits else "",
                "encoding": "base64" if fits else "none",
            }
        )

    def _tarball(self, request: Request) -> Reply:
        # GitHub answers with a redirect to another host, codeload; here it is another prefix.
        sha = self._git.resolve(request.parts["name"])
        return Reply(status=302, location=f"{self._urls.base}/codeload/legacy.tar.gz/{sha}")

    def _archive(self, request: Request) -> Reply:
        return Reply(raw=self._git.archive(request.parts["name"]))

    def _pull_list(self, request: Request) -> Reply:
        head = request.query.get("head", "").rpartition(":")[2]
        wanted = [pull for pull in self.pulls if not head or pull.head == head]
        return Reply(body=[self._pull_body(pull) for pull in wanted], paged=True)

    def _pull(self, request: Request) -> Reply:
        return Reply(body=self._pull_body(self._find_pull(request)))

    def _pull_files(self, request: Request) -> Reply:
        pull = self._find_pull(request)
        base, head = self._git.resolve(pull.base), self._git.resolve(pull.head)
        changes = self._git.changes(self._git.merge_base(base, head), head)
        files = [bodies.file(self._urls, head, change) for change in changes]
        return Reply(body=files[: self._limits.pull_files], paged=True)

    def _find_pull(self, request: Request) -> Pull:
        number = int(request.parts["number"])
        found = next((pull for pull in self.pulls if pull.number == number), None)
        if found is None:
            raise AbsentError(str(number))
        return found

    def _pull_body(self, pull: Pull) -> Json:
        base, head = self._git.resolve(pull.base), self._git.resolve(pull.head)
        return bodies.pull(
            self._urls,
            number=pull.number,
            title=pull.title,
            base=(pull.base, base, self._name),
            head=(pull.head, head, pull.head_repository or self._name),
            commits=len(list(self._git.log([f"{base}..{head}"]))),
            changed_files=len(self._git.changes(self._git.merge_base(base, head), head)),
        )

    def _releases(self, _: Request) -> Reply:
        return Reply(body=[], paged=True)


def _full_sha(sha: str) -> str:
    if not _SHA.fullmatch(sha):
        raise ApiError(
            422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f]."
        )
    return sha


def _base64(content: bytes) -> str:
    # In lines of 60 characters, as GitHub wraps them.
    text = base64.b64encode(content).decode()
    return "".join(f"{text[at : at + 60]}\n" for at in range(0, len(text), 60))
