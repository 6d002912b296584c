"""Git on a repository of the test's own, and its trees: as git lists them, and as we do."""

import os
import subprocess
from pathlib import Path

from tests.standins.github import GitHubStandIn
from tfimages_action.adapters.github import GitHubRepository
from tfimages_action.core.tree import Revision, walk

AUTHOR = {
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "protocol.file.allow", "GIT_CONFIG_VALUE_0": "always",
}  # fmt: skip


def git(repo: Path, *arguments: str, given: str = "") -> str:
    command = ["git", "-C", str(repo), *arguments]
    environment = {**os.environ, **AUTHOR}
    done = subprocess.run(
        command, env=environment, check=True, capture_output=True, input=given.encode()
    )
    return os.fsdecode(done.stdout)


def write(repo: Path, path: str, text: str) -> Path:
    place = repo / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    return place


def commit(repo: Path, message: str) -> None:
    git(repo, "add", ".")
    git(repo, "commit", "-qm", message)


def listed(revision: Revision, under: str = "") -> list[str]:
    return [f"{e.mode} {e.blob}\t{e.path}" for e in walk(revision.tree(under), under)]


def ls_tree(repo: Path, name: str) -> list[str]:
    rows = git(repo, "ls-tree", "-r", "-z", name).split("\0")[:-1]
    parts = (row.partition("\t") for row in rows)
    return [f"{head.split()[0]} {head.split()[2]}\t{path}" for head, _, path in parts]


def remote(api: GitHubStandIn, token: str | None = "t") -> GitHubRepository:
    return GitHubRepository(api_url=api.url, repository=api.name, token=token)
