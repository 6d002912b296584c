"""The JSON objects of the API, with the fields that clients read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.standins.github.repository import Change, Commit, Node, Person, Ref

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """The addresses of one repository: its API's and (never served) its pages'."""

    base: str
    name: str

    @property
    def api(self) -> str:
        return f"{self.base}/repos/{self.name}"

    @property
    def html(self) -> str:
        return f"https://github.com/{self.name}"

    def git(self, kind: str, sha: str) -> str:
        return f"{self.api}/git/{kind}/{sha}"


def owner(urls: Urls, login: str) -> Json:
    return {
        "login": login,
        "id": 1,
        "node_id": "",
        "type": "Organization",
        "url": f"{urls.base}/users/{login}",
        "html_url": f"https://github.com/{login}",
        "site_admin": False,
    }


def repository(urls: Urls, *, branch: str, private: bool) -> Json:
    login, _, name = urls.name.partition("/")
    return {
        "id": 1,
        "node_id": "",
        "name": name,
        "full_name": urls.name,
        "owner": owner(urls, login),
        "private": private,
        "visibility": "private" if private else "public",
        "html_url": urls.html,
        "clone_url": f"{urls.html}.git",
        "description": None,
        "fork": False,
        "url": urls.api,
        "default_branch": branch,
        "archived": False,
        "disabled": False,
        "permissions": {"admin": False, "push": True, "pull": True},
    }


def tag(urls: Urls, ref: Ref) -> Json:
    name = ref.name.removeprefix("refs/tags/")
    return {
        "name": name,
        "commit": {"sha": ref.commit, "url": f"{urls.api}/commits/{ref.commit}"},
        "zipball_url": f"{urls.api}/zipball/{ref.name}",
        "tarball_url": f"{urls.api}/tarball/{ref.name}",
        "node_id": "",
    }


def branch(urls: Urls, ref: Ref) -> Json:
    return {
        "name": ref.name.removeprefix("refs/heads/"),
        "commit": {"sha": ref.commit, "url": f"{urls.api}/commits/{ref.commit}"},
        "protected": False,
    }


def ref(urls: Urls, found: Ref) -> Json:
    return {
        "ref": found.name,
        "node_id": "",
        "url": f"{urls.api}/git/{found.name}",
        "object": {
            "sha": found.sha,
            "type": found.kind,
            "url": urls.git(f"{found.kind}s", found.sha),
        },
    }


def tag_object(urls: Urls, sha: str, fields: Json) -> Json:
    return {
        "node_id": "",
        "tag": fields["tag"],
        "sha": sha,
        "url": urls.git("tags", sha),
        "message": fields["message"],
        "object": {
            "sha": fields["object"],
            "type": fields["type"],
            "url": urls.git(f"{fields['type']}s", fields["object"]),
        },
    }


def git_commit(urls: Urls, found: Commit) -> Json:
    return {
        "sha": found.sha,
        "node_id": "",
        "url": urls.git("commits", found.sha),
        "html_url": f"{urls.html}/commit/{found.sha}",
        "author": _person(found.author),
        "committer": _person(found.committer),
        "tree": {"sha": found.tree, "url": urls.git("trees", found.tree)},
        "message": found.message,
        "parents": _parents(urls, found),
    }


def commit(urls: Urls, found: Commit) -> Json:
    return {
        "sha": found.sha,
        "node_id": "",
        "url": f"{urls.api}/commits/{found.sha}",
        "html_url": f"{urls.html}/commit/{found.sha}",
        "commit": {**git_commit(urls, found), "comment_count": 0},
        "author": None,
        "committer": None,
        "parents": _parents(urls, found),
    }


def node(urls: Urls, found: Node) -> Json:
    body: Json = {"path": found.path, "mode": found.mode, "type": found.kind, "sha": found.sha}
    if found.size is not None:
        body["size"] = found.size
    if found.kind != "commit":
        body["url"] = urls.git(f"{found.kind}s", found.sha)
    return body


def file(urls: Urls, head: str, change: Change) -> Json:
    """One file of a comparison; lines are not counted and no patch is given."""
    path = quote(change.path)
    body: Json = {
        "sha": change.sha,
        "filename": change.path,
        "status": change.status,
        "additions": 0,
        "deletions": 0,
        "changes": 0,
        "blob_url": f"{urls.html}/blob/{head}/{path}",
        "raw_url": f"{urls.html}/raw/{head}/{path}",
        "contents_url": f"{urls.api}/contents/{path}?ref={head}",
    }
    return body if change.previous is None else {**body, "previous_filename": change.previous}


def comparison(
    urls: Urls,
    *,
    base: Commit,
    merge_base: Commit,
    commits: Sequence[Commit],
    ahead: int,
    behind: int,
) -> Json:
    words = {
        (True, True): "diverged",
        (True, False): "ahead",
        (False, True): "behind",
        (False, False): "identical",
    }
    return {
        "url": f"{urls.api}/compare/{base.sha}",
        "html_url": f"{urls.html}/compare/{base.sha}",
        "base_commit": commit(urls, base),
        "merge_base_commit": commit(urls, merge_base),
        "status": words[ahead > 0, behind > 0],
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": [commit(urls, found) for found in commits],
    }


def entry(urls: Urls, ref_name: str, found: Node, path: str) -> Json:
    """One file or folder as `contents` names it."""
    kinds = {"tree": "dir", "commit": "submodule"}
    kind = "symlink" if found.mode == "120000" else kinds.get(found.kind, "file")
    url = f"{urls.api}/contents/{quote(path)}?ref={quote(ref_name)}"
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": found.sha,
        "size": found.size or 0,
        "url": url,
        "html_url": f"{urls.html}/blob/{quote(ref_name)}/{quote(path)}",
        "git_url": urls.git("trees" if found.kind == "tree" else "blobs", found.sha),
        "download_url": None,
        "type": kind,
        "_links": {"self": url},
    }


def pull(
    urls: Urls,
    *,
    number: int,
    title: str,
    base: tuple[str, str, str],
    head: tuple[str, str, str],
    commits: int,
    changed_files: int,
) -> Json:
    """`base` and `head`: branch name, commit id, repository."""
    return {
        "id": number,
        "number": number,
        "node_id": "",
        "state": "open",
        "title": title,
        "body": None,
        "draft": False,
        "merged": False,
        "url": f"{urls.api}/pulls/{number}",
        "html_url": f"{urls.html}/pull/{number}",
        "commits": commits,
        "changed_files": changed_files,
        "base": _side(urls, *base),
        "head": _side(urls, *head),
    }


def _side(urls: Urls, name: str, sha: str, full_name: str) -> Json:
    login = full_name.partition("/")[0]
    side = repository(Urls(base=urls.base, name=full_name), branch="main", private=False)
    return {
        "label": f"{login}:{name}",
        "ref": name,
        "sha": sha,
        "user": owner(urls, login),
        "repo": side,
    }


def _person(found: Person) -> Json:
    return {"name": found.name, "email": found.email, "date": found.date}


def _parents(urls: Urls, found: Commit) -> list[Json]:
    return [
        {
            "sha": sha,
            "url": urls.git("commits", sha),
            "html_url": f"{urls.html}/commit/{sha}",
        }
        for sha in found.parents
    ]
