"""One repository, and every source of its revisions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.revisions.repository import commit, git, remote, write
from tests.standins.github import Limits, running_github
from tfimages_action.adapters.git.repository import GitRepository
from tfimages_action.doors.planning.revisions import Repository


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    write(root, "images/a/Dockerfile", "FROM scratch\n")
    write(root, "images/a.b/Dockerfile", "FROM scratch\n")
    write(root, "images/a/run.sh", "#!/bin/sh\n").chmod(0o755)
    (root / "images/a/link").symlink_to("run.sh")
    write(root, "images/a/données", "é")
    write(root, ".gitignore", "ignored\n")
    commit(root, "one")
    git(root, "tag", "v1")
    write(root, "images/a/run.sh", "#!/bin/sh\ntrue\n")
    git(root, "commit", "-qam", "two")
    git(root, "tag", "-a", "v2", "-m", "annotated")
    return root


@pytest.fixture(params=["git", "github", "github-truncated"])
def source(request: pytest.FixtureRequest, repo: Path) -> Iterator[Repository]:
    if request.param == "git":
        yield GitRepository(repo / "images")
        return
    limits = Limits(tree_entries=3) if request.param == "github-truncated" else Limits()
    with running_github(repo, limits=limits) as api:
        yield remote(api)
