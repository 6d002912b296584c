"""Every source of revisions gives what git itself gives."""

from pathlib import Path

import pytest

from tests.contract.revisions.repository import git, listed, ls_tree
from tfimages_action.adapters.git.repository import GitRepository
from tfimages_action.core.catalog_builder import CatalogOptions, build_catalog
from tfimages_action.core.tree import walk
from tfimages_action.doors.revisions import Repository
from tfimages_action.errors import RevisionError


def test_fingerprints_do_not_depend_on_the_source(repo: Path, source: Repository) -> None:
    options = CatalogOptions(registry="ghcr.io/owner")
    local = GitRepository(repo)
    for name in ("v1", "v2"):
        catalog = build_catalog(source.revision(name), options)
        assert catalog == build_catalog(local.revision(name), options)
        assert {image.name for image in catalog.images} == {"a", "a.b"}


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
