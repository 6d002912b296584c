"""What `ignore:` overlooks."""

import pytest

from tfimages_action.core.catalog.ignore import Counting
from tfimages_action.core.tree import EMPTY, FileMode, TreeEntry, blob_id, tree_of, walk


def counted(globs: tuple[str, ...], *paths: str) -> list[str]:
    tree = tree_of(TreeEntry(path, FileMode.FILE, blob_id(path.encode())) for path in paths)
    counting = Counting()
    found = counting.of(tree, globs)
    assert counting.of(tree, globs) == found
    return [entry.path for entry in walk(found)]


def test_ignore_globs_match_base_names_at_any_depth_case_as_written() -> None:
    paths = ("README", "a/b/README.md", "readme.md", "READ.ME", "README.d/x")
    assert counted(("README*",), *paths) == ["READ.ME", "README.d/x", "readme.md"]


def test_an_ignore_glob_with_a_slash_matches_the_path() -> None:
    paths = ("docs/a", "docs/a.d/b", "x/docs/a", "x/y.md", "a")
    assert counted(("docs/*", "*.md"), *paths) == ["a", "x/docs/a"]


@pytest.mark.parametrize("glob", ["docs/", "./docs/", "/docs/*", "./docs/*"])
def test_an_ignore_glob_may_name_a_folder(glob: str) -> None:
    assert counted((glob,), "docs/a", "docs/b/c", "x/docs/a", "docs.d") == ["docs.d", "x/docs/a"]


def test_no_globs_ignore_nothing() -> None:
    assert counted((), "README") == ["README"]


def test_a_folder_of_nothing_else_is_gone() -> None:
    assert counted(("README*",), "a/README", "b") == counted((), "b")


def test_other_globs_are_another_matter() -> None:
    tree = tree_of([TreeEntry("a/x", FileMode.FILE, blob_id(b""))])
    counting = Counting()
    assert counting.of(tree, ("x",)) == EMPTY
    assert counting.of(tree, ("y",)) is tree
