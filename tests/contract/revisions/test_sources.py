"""Every source of revisions gives what git itself gives."""

from pathlib import Path

import pytest

from tests.contract.revisions.repository import commit, git, listed, ls_tree, remote, write
from tests.standins.github import Limits, running_github
from tfimages_action.adapters.git.repository import GitRepository
from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.tree import walk
from tfimages_action.doors.planning.revisions import Repository
from tfimages_action.errors import RevisionError


def test_fingerprints_do_not_depend_on_the_source(repo: Path, source: Repository) -> None:
    options = CatalogOptions(registry="ghcr.io/owner")
    local = GitRepository(repo)
    for name in ("v1", "v2"):
        catalog = build_catalog(source.revision(name), options)
        assert catalog == build_catalog(local.revision(name), options)
        assert {image.name for image in catalog.images} == {"a", "a.b"}


ODD_NAMES = (
    "new\nline", "tab\t", '"quoted"', "back\\slash", " lead", "trail ", "%41", "a+b", "#", "?q",
    "-dash", "ü🙂", "e\u0301", "\u00e9",
)  # fmt: skip
ODD_REFS = ("v1+build.5", "release/2", "v3-rc.1", "feature/x#1", "100%41")


@pytest.mark.parametrize("entries", [2, 7, 100_000])
def test_odd_repositories_are_the_same_everywhere(repo: Path, tmp_path: Path, entries: int) -> None:
    for name in ODD_NAMES:
        write(repo, f"images/a/{name}", name)
    for folder in ("x", "x-y", "x.y", "x/deep/er", "x0"):
        write(repo, f"images/{folder}/Dockerfile", "FROM scratch\n")
    (repo / "images/a/dangling").symlink_to("/nowhere")
    git(repo, "clone", "-q", str(repo), str(tmp_path / "inner"))
    git(repo, "submodule", "-q", "add", str(tmp_path / "inner"), "images/a/part")
    commit(repo, "odd")
    for name in ODD_REFS:
        git(repo, "branch" if "x" in name else "tag", name)
    options = CatalogOptions(registry="ghcr.io/owner")
    local = GitRepository(repo)
    expected = build_catalog(local.revision("main"), options)
    assert len(expected.images) == 7
    with running_github(repo, limits=Limits(tree_entries=entries)) as api:
        github = remote(api)
        for name in ("main", *ODD_REFS):
            revision = github.revision(name)
            assert listed(revision) == ls_tree(repo, "main")
            assert build_catalog(revision, options).images == expected.images
            assert build_catalog(local.revision(name), options).images == expected.images
    worktree = build_catalog(local.worktree(), options)
    assert worktree.images == expected.images


@pytest.mark.parametrize("name", ["v1", "v2", "main"])
def test_entries_are_those_of_git(repo: Path, source: Repository, name: str) -> None:
    revision = source.revision(name)
    assert listed(revision) == ls_tree(repo, name)
    assert revision.commit == git(repo, "rev-parse", f"{name}^{{commit}}").strip()
    assert revision.created.isoformat() == "2026-01-02T03:04:05+00:00"


def test_a_folder_alone(repo: Path, source: Repository) -> None:
    revision = source.revision("v2")
    below = [row for row in ls_tree(repo, "v2") if "\timages/a/" in row]
    assert listed(revision, "images/a") == below
    assert listed(revision, "no/such") == listed(revision, "images/a/run.sh") == []


def test_reads_blobs_and_names_a_missing_one(source: Repository) -> None:
    revision = source.revision("v1")
    blobs = {entry.path: entry.blob for entry in walk(revision.tree())}
    assert revision.read(blobs["images/a/link"]) == b"run.sh"
    assert revision.read(blobs["images/a/données"]) == "é".encode()
    with pytest.raises(RevisionError, match="0000"):
        revision.read("0" * 40)


def test_a_revision_that_is_nowhere_is_refused(source: Repository) -> None:
    with pytest.raises(RevisionError, match="v9") as caught:
        source.revision("v9")
    assert caught.value.hint


def test_tags_and_commits(repo: Path, source: Repository) -> None:
    assert sorted(source.tags()) == ["v1", "v2"]
    assert source.commit_of("v2") == git(repo, "rev-parse", "HEAD").strip()
    assert source.commit_of("v9") is None
    assert source.merge_base("v1", "v2") == source.commit_of("v1")
