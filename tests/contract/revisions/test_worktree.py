"""The worktree holds what a commit of all of it would hold, in whatever state it is."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bed.large_files import ATTRIBUTES, pointer
from tests.contract.revisions.repository import commit, git, listed, ls_tree, write
from tfimages_action.adapters.git.repository import GitRepository
from tfimages_action.core.tree import FileMode, walk
from tfimages_action.errors import RevisionError

RUN = "images/a/run.sh"
CRLF = b"one\r\ntwo\r\n"


def submodule(repo: Path) -> Path:
    inner = repo.parent / "inner"
    git(repo.parent, "clone", "-q", str(repo), str(inner))
    git(repo, "submodule", "-q", "add", str(inner), "images/a/part")
    return repo / "images/a/part"


def moved_submodule(repo: Path) -> None:
    part = submodule(repo)
    commit(repo, "with a part")
    write(part, "new", "x")
    commit(part, "moved on")


def dirty_submodule(repo: Path) -> None:
    part = submodule(repo)
    commit(repo, "with a part")
    write(part, "new", "x")
    write(part, RUN, "y")


def submodule_that_was_not_fetched(repo: Path) -> None:
    submodule(repo)
    commit(repo, "with a part")
    git(repo, "submodule", "-q", "deinit", "-f", "images/a/part")


def repository_in_the_repository(repo: Path) -> None:
    (repo / "images/a/nested").mkdir()
    git(repo / "images/a/nested", "init", "-q")
    write(repo, "images/a/nested/file", "x")
    commit(repo / "images/a/nested", "one")


def folder_that_became_a_link(repo: Path) -> None:
    shutil.rmtree(repo / "images/a.b")
    (repo / "images/a.b").symlink_to("a")


def file_that_became_a_folder(repo: Path) -> None:
    (repo / RUN).unlink()
    write(repo, f"{RUN}/inside", "x")


def staged_link_in_place_of_a_folder(repo: Path) -> None:
    folder_that_became_a_link(repo)
    git(repo, "add", "--all")


def removed_from_the_index_and_ignored(repo: Path) -> None:
    git(repo, "rm", "-q", "--cached", RUN)
    write(repo, ".gitignore", "run.sh\n")


def staged_and_then_removed(repo: Path) -> None:
    write(repo, "images/a/new", "x")
    git(repo, "add", "--all")
    (repo / "images/a/new").unlink()


def tracked_though_ignored(repo: Path) -> None:
    write(repo, ".gitignore", "run.sh\n")
    write(repo, RUN, "changed")


def modes_that_do_not_count(repo: Path) -> None:
    git(repo, "config", "core.fileMode", "false")
    write(repo, "images/a/Dockerfile", "FROM other\n").chmod(0o755)
    write(repo, RUN, "changed").chmod(0o644)
    write(repo, "images/a/new", "x").chmod(0o755)


def lines_that_end_otherwise(repo: Path) -> None:
    git(repo, "config", "core.autocrlf", "true")
    (repo / RUN).write_bytes(CRLF)
    (repo / "images/a/new").write_bytes(CRLF)
    (repo / "images/a/binary").write_bytes(CRLF + b"\0")


def lines_by_attribute(repo: Path) -> None:
    write(repo, ".gitattributes", "*.sh text\n*.id ident\n")
    (repo / RUN).write_bytes(CRLF)
    write(repo, "images/a/x.id", "$Id: 1 $\n")


def names_that_are_no_words(repo: Path) -> None:
    for name in (b"\xff", b"new\nline", b"tab\t ", b'"quoted"', b"back\\slash", b"e\xcc\x81"):
        (repo / "images/a" / os.fsdecode(name)).write_text("x")
    (repo / "images/a/link to what is no text").symlink_to(os.fsdecode(b"\xfe"))


def sparse(repo: Path) -> None:
    git(repo, "sparse-checkout", "set", "images/a")
    (repo / RUN).unlink()


def intended(repo: Path) -> None:
    write(repo, "images/a/new", "x")
    git(repo, "add", "--intent-to-add", "images/a/new")


def in_conflict(repo: Path) -> None:
    git(repo, "checkout", "-qb", "other", "HEAD~1")
    write(repo, RUN, "other")
    commit(repo, "other")
    subprocess.run(
        ["git", "-C", str(repo), "merge", "-q", "main"], capture_output=True, check=False
    )


STATES = (
    moved_submodule, dirty_submodule, submodule, submodule_that_was_not_fetched,
    repository_in_the_repository, folder_that_became_a_link, file_that_became_a_folder,
    staged_link_in_place_of_a_folder, removed_from_the_index_and_ignored, staged_and_then_removed,
    tracked_though_ignored, modes_that_do_not_count, lines_that_end_otherwise, lines_by_attribute,
    names_that_are_no_words, sparse, intended, in_conflict,
)  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_a_worktree_in_any_state(repo: Path, state: Callable[[Path], object]) -> None:
    state(repo)
    worktree = GitRepository(repo).worktree()
    seen = listed(worktree)
    assert worktree.commit is None or state is submodule_that_was_not_fetched
    git(repo, "add", "--all")
    git(repo, "commit", "-q", "--allow-empty", "-m", "all of it")
    assert seen == ls_tree(repo, "HEAD")
    committed = GitRepository(repo).revision("HEAD")
    for entry in walk(worktree.tree()):
        # (`ident` alone is not undone: nobody needs it, and libgit2 gives no content.)
        if entry.mode is not FileMode.SUBMODULE and not entry.path.endswith(".id"):
            assert worktree.read(entry.blob) == committed.read(entry.blob), entry


def test_a_sparse_checkout_is_no_change(repo: Path) -> None:
    git(repo, "sparse-checkout", "set", "images/a")
    assert GitRepository(repo).worktree().commit == git(repo, "rev-parse", "HEAD").strip()


def test_a_repository_s_folder_may_lie_elsewhere(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    git(repo, "init", "-q", "--separate-git-dir", str(tmp_path / "elsewhere" / "git"))
    write(repo, RUN, "changed")
    local = GitRepository(repo / "images")
    assert local.root == repo
    assert "images/a/Dockerfile" in {entry.path for entry in walk(local.worktree().tree())}


def clean_filter(repo: Path) -> None:
    """What `git lfs install` configures, less LFS: pointers by the shell."""
    script = repo.parent / "clean.sh"
    script.write_text(
        'file=$(mktemp); cat > "$file"; [ -s "$file" ] || exit 0\n'
        "printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%s\\nsize %d\\n' "
        '"$(sha256sum < "$file" | cut -c-64)" "$(wc -c < "$file")"; rm "$file"\n'
    )
    git(repo, "config", "filter.lfs.clean", f"sh {script}")


@pytest.mark.parametrize("installed", [True, False])
def test_large_files_count_by_their_pointers_where_lfs_is_in_use(
    repo: Path, *, installed: bool
) -> None:
    if installed:
        clean_filter(repo)
    write(repo, ".gitattributes", ATTRIBUTES)
    large = write(repo, "images/a/x.bin", "large" * 999)
    write(repo, "images/a/empty.bin", "")
    commit(repo, "large")
    write(repo, "images/a/new.bin", "new")
    os.utime(large, (1, 1))
    worktree = GitRepository(repo).worktree()
    seen = {entry.path: entry.blob for entry in walk(worktree.tree())}
    assert worktree.read(seen["images/a/x.bin"]) == large.read_bytes() or not installed
    assert worktree.read(seen["images/a/new.bin"]) == b"new"
    assert not worktree.lacks_large_file(seen["images/a/new.bin"])
    commit(repo, "all of it")
    assert listed(worktree) == ls_tree(repo, "HEAD")


def test_a_pointer_that_was_not_resolved_stays_one(repo: Path) -> None:
    clean_filter(repo)
    write(repo, ".gitattributes", ATTRIBUTES)
    write(repo, "images/a/x.bin", pointer("1" * 64))
    worktree = GitRepository(repo).worktree()
    entry = next(e for e in walk(worktree.tree()) if e.path == "images/a/x.bin")
    assert worktree.read(entry.blob) == pointer("1" * 64).encode()
    assert worktree.lacks_large_file(entry.blob)


@pytest.mark.parametrize(
    ("commands", "cure"),
    [
        (["sparse-checkout set --cone --sparse-index images/a"], "--no-sparse-index"),
        (["update-index --split-index"], "--no-split-index"),
    ],
)
def test_an_index_that_libgit2_can_not_read_is_said(
    repo: Path, commands: list[str], cure: str
) -> None:
    write(repo, "other/deep/file", "x")
    commit(repo, "other")
    for command in commands:
        git(repo, *command.split())
    with pytest.raises(RevisionError, match="worktree can't be read") as caught:
        GitRepository(repo).worktree()
    assert cure in caught.value.hint
    git(repo, *caught.value.hint.partition("`git ")[2].partition("`")[0].split())
    assert listed(GitRepository(repo).worktree()) == ls_tree(repo, "HEAD")


def test_a_folder_deeper_than_libgit2_looks_is_said(repo: Path) -> None:
    write(repo, "images/a/" + "d/" * 150 + "file", "x")
    with pytest.raises(RevisionError, match="too deep") as caught:
        GitRepository(repo).worktree()
    assert caught.value.hint


def test_a_file_that_can_not_be_read_is_named(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repo, RUN, "changed").chmod(0)

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    worktree = GitRepository(repo).worktree()
    monkeypatch.setattr(worktree, "_blob", denied)  # root may read everything
    with pytest.raises(RevisionError, match="can't be read: Permission denied") as caught:
        worktree.tree()
    assert str(caught.value.location) == RUN
