"""Every source of revisions gives what git itself gives; local git does so in any state."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.standins.github import GitHubStandIn, Limits, running_github
from tfimages_action.adapters.engine.contexts import laid_out
from tfimages_action.adapters.git.repository import GitRepository
from tfimages_action.adapters.github import GitHubRepository
from tfimages_action.core.catalog_builder import CatalogOptions, build_catalog
from tfimages_action.core.tree import (
    FileMode,
    KnowsLargeFiles,
    Revision,
    TreeEntry,
    tree_of,
    walk,
)
from tfimages_action.core.work import BuildRequest
from tfimages_action.doors.revisions import Repository
from tfimages_action.errors import GitHubError, RevisionError, StageError

AUTHOR = {
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "protocol.file.allow", "GIT_CONFIG_VALUE_0": "always",
}  # fmt: skip


def git(repo: Path, *arguments: str) -> str:
    command = ["git", "-C", str(repo), *arguments]
    environment = {**os.environ, **AUTHOR}
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout


def write(repo: Path, path: str, text: str) -> Path:
    place = repo / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    return place


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
    git(root, "add", ".")
    git(root, "commit", "-qm", "one")
    git(root, "tag", "v1")
    write(root, "images/a/run.sh", "#!/bin/sh\ntrue\n")
    git(root, "commit", "-qam", "two")
    git(root, "tag", "-a", "v2", "-m", "annotated")
    return root


def listed(revision: Revision, under: str = "") -> list[str]:
    return [f"{e.mode} {e.blob}\t{e.path}" for e in walk(revision.tree(under), under)]


def ls_tree(repo: Path, name: str) -> list[str]:
    rows = git(repo, "ls-tree", "-r", "-z", name).split("\0")[:-1]
    return [" ".join((row.split()[0], row.split()[2])) + "\t" + row.split("\t")[1] for row in rows]


@pytest.fixture(params=["git", "github", "github-truncated"])
def source(request: pytest.FixtureRequest, repo: Path) -> Iterator[Repository]:
    if request.param == "git":
        yield GitRepository(repo / "images")
        return
    limits = Limits(tree_entries=3) if request.param == "github-truncated" else Limits()
    with running_github(repo, limits=limits) as api:
        yield remote(api)


def remote(api: GitHubStandIn, token: str | None = "t") -> GitHubRepository:
    return GitHubRepository(api_url=api.url, repository=api.name, token=token)


def test_fingerprints_do_not_depend_on_the_source(repo: Path, source: Repository) -> None:
    options = CatalogOptions(registry="ghcr.io/owner")
    local = GitRepository(repo)
    for name in ("v1", "v2"):
        catalog = build_catalog(source.revision(name), options)
        assert catalog == build_catalog(local.revision(name), options)
        assert {image.name for image in catalog.images} == {"a", "a.b"}


def test_large_files_are_resolved_where_their_objects_are_at_hand(repo: Path) -> None:
    oid = "ab" + "cd" + "0" * 60
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 5\n"
    write(repo, "images/a/large", pointer)
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "large")
    revision = GitRepository(repo).revision("main")
    entry = next(e for e in walk(revision.tree()) if e.path == "images/a/large")
    assert revision.read(entry.blob) == pointer.encode()
    assert revision.lacks_large_file(entry.blob)
    write(repo, f".git/lfs/objects/ab/cd/{oid}", "large")
    assert revision.read(entry.blob) == b"large"
    assert not revision.lacks_large_file(entry.blob)
    linked = repo.parent / "linked"
    git(repo, "worktree", "add", "-q", str(linked))
    assert GitRepository(linked).revision("main").read(entry.blob) == b"large"


@pytest.mark.parametrize("place", ["inside", "outside"])
def test_large_files_are_found_where_lfs_storage_names_a_folder(
    repo: Path, tmp_path: Path, place: str
) -> None:
    oid = "ab" + "cd" + "0" * 60
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 5\n"
    write(repo, "images/a/large", pointer)
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "large")
    linked = repo.parent / "linked"
    git(repo, "worktree", "add", "-q", str(linked))
    shared = tmp_path / "shared"
    named, folder = {
        "inside": ("kept/here", repo / ".git/kept/here"),
        "outside": (str(shared), shared),
    }[place]
    git(repo, "config", "lfs.storage", named)
    write(repo, f".git/lfs/objects/ab/cd/{oid}", "not this one")
    write(folder, f"objects/ab/cd/{oid}", "large")
    for clone in (repo, linked):
        revision = GitRepository(clone).revision("main")
        entry = next(e for e in walk(revision.tree()) if e.path == "images/a/large")
        assert revision.read(entry.blob) == b"large"


def test_only_a_pointer_of_lfs_is_missed(repo: Path) -> None:
    oid = "0" * 64
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 5\n"
    write(repo, "images/a/told", "version https://git-lfs.github.com/spec/v1\n")
    write(repo, "images/a/long", pointer + "x" * 1024)
    write(repo, "images/a/pointer", pointer)
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "large")
    git(repo, "gc", "-q")
    write(repo, "images/a/new", f"{pointer}x-new 1\n")
    write(repo, "images/a/longer", f"{pointer}{'y' * 1024}")
    for revision in (GitRepository(repo).revision("main"), GitRepository(repo).worktree()):
        found = {e.path for e in walk(revision.tree()) if revision.lacks_large_file(e.blob)}
        new = {"images/a/new"} if revision.name == "worktree" else set()
        assert found == {"images/a/pointer", *new}
    assert not revision.lacks_large_file("1" * 40)
    write(repo, f".git/lfs/objects/00/00/{oid}", "large")
    worktree = GitRepository(repo).worktree()
    entries = {entry.path: entry.blob for entry in walk(worktree.tree())}
    assert worktree.read(entries["images/a/new"]) == b"large"


def test_a_pointer_from_github_is_left_to_the_build_which_refuses_it(
    repo: Path, tmp_path: Path
) -> None:
    write(repo, "images/a/large", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    write(repo, ".gitattributes", "large filter=lfs\n")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "large")
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


@pytest.mark.parametrize("name", ["v1", "v2", "main"])
def test_entries_are_those_of_git(repo: Path, source: Repository, name: str) -> None:
    revision = source.revision(name)
    assert listed(revision) == ls_tree(repo, name)
    assert revision.commit == git(repo, "rev-parse", f"{name}^{{commit}}").strip()
    assert revision.created.isoformat() == "2026-01-02T03:04:05+00:00"


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


def test_many_blobs_come_by_archive_and_altered_ones_one_by_one(repo: Path) -> None:
    for number in range(60):
        write(repo, f"images/many/{number}", f"content {number}")
    write(repo, "images/many/version", "$Format:%H$")
    write(repo, ".gitattributes", "version export-subst\n")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "many")
    with running_github(repo) as api:
        revision = remote(api).revision("main")
        read = {entry.path: revision.read(entry.blob) for entry in walk(revision.tree())}
        asked = [request.target for request in api.asked]
    for path, data in read.items():
        place = repo / path
        assert data == (place.readlink().as_posix().encode() if place.is_symlink() else
                        place.read_bytes())  # fmt: skip
    assert sum("/git/blobs/" in target for target in asked) <= 27
    assert sum("legacy.tar.gz" in target for target in asked) == 1


def test_the_archives_link_gets_no_token(repo: Path) -> None:
    for number in range(40):
        write(repo, f"images/many/{number}", f"content {number}")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "many")
    with running_github(repo, token="planted") as api:
        revision = remote(api, "planted").revision("main")
        for entry in walk(revision.tree()):
            revision.read(entry.blob)
        redirected = [request for request in api.asked if "codeload" in request.target]
    assert [request.with_token for request in redirected] == [False]


@pytest.mark.parametrize(
    ("token", "outage", "word"),
    [("wrong", None, "401"), ("t", 503, "50"), (None, None, "does not have")],
)
def test_refusals_are_explained_without_the_token(
    repo: Path, token: str | None, outage: int | None, word: str
) -> None:
    with ExitStack() as stack:
        api = stack.enter_context(running_github(repo, token="t", private=True))
        api.outages = [outage] * 9 if outage else []
        with pytest.raises((GitHubError, RevisionError), match=word) as caught:
            remote(api, token).tags()
    assert caught.value.hint
    assert "wrong" not in caught.value.render()


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
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "three")
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
