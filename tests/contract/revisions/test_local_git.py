"""Local git gives the same in any state of a clone or worktree, or says what it lacks."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.contract.revisions.repository import commit, git, listed, ls_tree, write
from tfimages_action.adapters.git.repository import GitRepository
from tfimages_action.core.tree import FileMode, TreeEntry, tree_of, walk
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.planner import open_sources
from tfimages_action.errors import RevisionError


def test_trees_that_git_writes_no_more_count_as_what_they_hold(repo: Path) -> None:
    """Group-writable files, padded modes and empty folders: no other source tells of them."""
    blob = git(repo, "hash-object", "-w", "images/a/Dockerfile").strip()
    raw = bytes.fromhex(blob)

    def tree(*rows: bytes) -> bytes:
        command = ["git", "-C", str(repo), "hash-object", "-t", "tree", "-w", "--literally"]
        data = b"".join(rows)
        found = subprocess.run([*command, "--stdin"], input=data, capture_output=True, check=True)
        return bytes.fromhex(found.stdout.decode())

    empty = tree()
    folder = tree(b"100664 file\0" + raw, b"40000 nothing\0" + empty)
    top = tree(b"040000 padded\0" + folder, b"100644 plain\0" + raw)
    commit = git(repo, "commit-tree", top.hex(), "-m", "odd").strip()
    found = GitRepository(repo).revision(commit).tree()
    files = [
        TreeEntry("padded/file", FileMode.FILE, blob),
        TreeEntry("plain", FileMode.FILE, blob),
    ]
    assert [*walk(found)] == files
    assert found == tree_of(files)
    assert found.id != top.hex()


def test_a_clone_without_trees_says_so(repo: Path, tmp_path: Path) -> None:
    git(repo, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "partial"
    git(tmp_path, "clone", "-q", "--bare", "--filter=tree:0", f"file://{repo}", str(clone))
    with pytest.raises(RevisionError, match="all folders") as caught:
        GitRepository(clone).revision("v1").tree("images")
    assert "filter" in caught.value.hint


def test_a_partial_clone_of_an_older_git_is_read(repo: Path) -> None:
    expected = listed(GitRepository(repo).revision("v2"))
    git(repo, "config", "core.repositoryFormatVersion", "1")
    git(repo, "config", "extensions.partialClone", "origin")
    assert listed(GitRepository(repo).revision("v2")) == expected


@pytest.mark.parametrize("extension", ["objectFormat = sha256", "refStorage = reftable"])
def test_a_repository_that_libgit2_can_not_read_is_said(repo: Path, extension: str) -> None:
    with (repo / ".git/config").open("a") as config:
        config.write(f"[core]\nrepositoryFormatVersion = 1\n[extensions]\n{extension}\n")
    with pytest.raises(RevisionError, match="can't be read") as caught:
        GitRepository(repo)
    assert "git refs migrate" in caught.value.hint
    event = Event(on_github=True, repository="o/r", workspace=repo)
    sources = open_sources(Settings(), event)  # in a job GitHub's API stands in
    assert (sources.local, sources.remote is None) == (None, False)


def test_a_bare_and_a_foreign_clone_give_the_same(repo: Path, tmp_path: Path) -> None:
    expected = listed(GitRepository(repo).revision("v2"))
    bare = tmp_path / "bare.git"
    git(repo, "clone", "-q", "--bare", str(repo), str(bare))
    assert listed(GitRepository(bare).revision("v2")) == expected
    for folder, _, files in os.walk(bare):
        for place in [folder, *(os.path.join(folder, file) for file in files)]:  # noqa: PTH118
            os.chown(place, 12345, 12345)
    assert listed(GitRepository(bare).revision("v2")) == expected


def test_a_shallow_clone_names_what_it_lacks(repo: Path, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    git(repo, "clone", "-q", "--depth=1", "--no-tags", f"file://{repo}", str(shallow))
    local = GitRepository(shallow)
    assert local.is_shallow
    assert local.tags() == ()
    assert listed(local.revision("main")) == listed(GitRepository(repo).revision("main"))
    with pytest.raises(RevisionError, match="shallow") as caught:
        local.revision("v1")
    assert "fetch-depth: 0" in caught.value.hint


def test_a_clean_worktree_is_its_commit(repo: Path) -> None:
    worktree = GitRepository(repo).worktree()
    assert listed(worktree) == ls_tree(repo, "main")
    assert worktree.commit == git(repo, "rev-parse", "HEAD").strip()


def test_a_worktree_shows_what_a_commit_of_it_would_hold(repo: Path) -> None:
    write(repo, "images/a/Dockerfile", "FROM alpine\n").chmod(0o755)
    write(repo, "images/new/Dockerfile", "FROM scratch\n")
    write(repo, "ignored", "x")
    (repo / "images/a/link").unlink()
    (repo / "images/a/other").symlink_to("nowhere")
    worktree = GitRepository(repo).worktree()
    seen, read = listed(worktree), {e.path: worktree.read(e.blob) for e in walk(worktree.tree())}
    assert worktree.commit is None
    commit(repo, "three")
    assert seen == ls_tree(repo, "main")
    assert read["images/a/other"] == b"nowhere"
    assert read["images/a/Dockerfile"] == b"FROM alpine\n"


def test_submodules_count_by_their_commit(repo: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q", "-b", "main")
    git(outer, "submodule", "-q", "add", str(repo), "part")
    git(outer, "commit", "-qm", "with a part")
    entries = {e.path: e for e in walk(GitRepository(outer).revision("main").tree())}
    assert entries["part"].mode is FileMode.SUBMODULE
    assert entries["part"].blob == git(repo, "rev-parse", "HEAD").strip()
    assert listed(GitRepository(outer).worktree()) == ls_tree(outer, "main")


def test_no_repository_is_said_plainly(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing"):
        with pytest.raises(RevisionError, match="not in a git repository"):
            GitRepository(place)
