"""Git LFS: what a pointer stands for is read where it is at hand, and else missed."""

from pathlib import Path

import pytest

from tests.bed.large_files import VERSION, place, pointer
from tests.contract.revisions.repository import commit, git, remote, write
from tests.standins.github import running_github
from tfimages_action.adapters.engine.contexts import laid_out
from tfimages_action.adapters.git.repository import GitRepository
from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.run.work import BuildRequest
from tfimages_action.core.tree import KnowsLargeFiles, walk
from tfimages_action.errors import StageError

OID = "abcd" + "0" * 60


def test_large_files_are_resolved_where_their_objects_are_at_hand(repo: Path) -> None:
    write(repo, "images/a/large", pointer(OID))
    commit(repo, "large")
    revision = GitRepository(repo).revision("main")
    entry = next(e for e in walk(revision.tree()) if e.path == "images/a/large")
    assert revision.read(entry.blob) == pointer(OID).encode()
    assert revision.lacks_large_file(entry.blob)
    write(repo, f".git/lfs/{place(OID)}", "large")
    assert revision.read(entry.blob) == b"large"
    assert not revision.lacks_large_file(entry.blob)
    linked = repo.parent / "linked"
    git(repo, "worktree", "add", "-q", str(linked))
    assert GitRepository(linked).revision("main").read(entry.blob) == b"large"


@pytest.mark.parametrize("where", ["inside", "outside"])
def test_large_files_are_found_where_lfs_storage_names_a_folder(
    repo: Path, tmp_path: Path, where: str
) -> None:
    write(repo, "images/a/large", pointer(OID))
    commit(repo, "large")
    linked = repo.parent / "linked"
    git(repo, "worktree", "add", "-q", str(linked))
    shared = tmp_path / "shared"
    named, folder = {
        "inside": ("kept/here", repo / ".git/kept/here"),
        "outside": (str(shared), shared),
    }[where]
    git(repo, "config", "lfs.storage", named)
    write(repo, f".git/lfs/{place(OID)}", "not this one")
    write(folder, place(OID), "large")
    for clone in (repo, linked):
        revision = GitRepository(clone).revision("main")
        entry = next(e for e in walk(revision.tree()) if e.path == "images/a/large")
        assert revision.read(entry.blob) == b"large"


def test_only_a_pointer_of_lfs_is_missed(repo: Path) -> None:
    write(repo, "images/a/told", VERSION)
    write(repo, "images/a/long", pointer(OID) + "x" * 1024)
    write(repo, "images/a/pointer", pointer(OID))
    commit(repo, "large")
    git(repo, "gc", "-q")
    write(repo, "images/a/new", f"{pointer(OID)}x-new 1\n")
    write(repo, "images/a/longer", pointer(OID) + "y" * 1024)
    for revision in (GitRepository(repo).revision("main"), GitRepository(repo).worktree()):
        found = {e.path for e in walk(revision.tree()) if revision.lacks_large_file(e.blob)}
        new = {"images/a/new"} if revision.name == "worktree" else set()
        assert found == {"images/a/pointer", *new}
    assert not revision.lacks_large_file("1" * 40)
    write(repo, f".git/lfs/{place(OID)}", "large")
    worktree = GitRepository(repo).worktree()
    entries = {entry.path: entry.blob for entry in walk(worktree.tree())}
    assert worktree.read(entries["images/a/new"]) == b"large"


def test_a_pointer_from_github_is_left_to_the_build_which_refuses_it(
    repo: Path, tmp_path: Path
) -> None:
    write(repo, "images/a/large", f"{VERSION}oid sha256:0\n")
    write(repo, ".gitattributes", "large filter=lfs\n")
    commit(repo, "large")
    with running_github(repo) as api:
        revision = remote(api).revision("main")
        image = build_catalog(revision, CatalogOptions(registry="ghcr.io/owner")).images[0]
        assert not isinstance(revision, KnowsLargeFiles)
        request = BuildRequest(image=image, revision=revision, source_date_epoch=1)
        with (
            pytest.raises(StageError, match="images/a/large is a Git LFS pointer") as caught,
            laid_out(request, tmp_path),
        ):
            pass
    assert "lfs: true" in caught.value.hint
