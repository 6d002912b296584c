"""What .dockerignore keeps out, as BuildKit reads it, and what `ignore:` overlooks."""

import docker.utils.build  # noqa: F401 - here, since urllib3 asks for a socket when imported
import pytest

from tfimages_action.core.ignore import Counting, docker_ignore
from tfimages_action.core.tree import EMPTY, FileMode, TreeEntry, blob_id, tree_of, walk


def kept(rules: str, *paths: str) -> list[str]:
    excludes = docker_ignore(rules)
    return [path for path in paths if excludes is None or not excludes(path)]


@pytest.mark.parametrize(
    ("rules", "path", "excluded"),
    [
        ("docs", "docs/a/b", True),
        ("docs", "other/docs/a", False),
        ("**/docs", "other/docs/deep/a", True),
        ("*.md", "a.md", True),
        ("*.md", "x/a.md", False),
        ("**/*.md", "x/y/a.md", True),
        ("/a", "a", True),
        ("a/", "a/b", True),
        ("./a/../b", "b/c", True),
        ("readme", "README", False),
        ("*\n!keep", "keep", False),
        ("*\n!keep", "other", True),
        ("a\n!a/b", "a/b/c", False),
        ("a\n!a/b\na/b/c", "a/b/c", True),
        ("!a\na", "a", True),
        ("# a\na", "a", True),
        ("#a", "#a", False),
        (" # a", "# a", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[ab].txt", "b.txt", True),
        ("**", "any/thing", True),
        (".dockerignore", ".dockerignore", True),
        ("\ufeffa", "a", True),
        ("  a  ", "a", True),
        ("! a\n", "a", False),
    ],
)
def test_dockerignore(rules: str, path: str, excluded: bool) -> None:
    assert (kept(rules, path) == []) is excluded


def test_a_dockerignore_of_comments_excludes_nothing() -> None:
    assert docker_ignore("# a\n\n   \n") is None


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


def test_no_globs_ignore_nothing() -> None:
    assert counted((), "README") == ["README"]


def test_a_folder_of_nothing_else_is_gone() -> None:
    assert counted(("README*",), "a/README", "b") == counted((), "b")


def test_other_globs_are_another_matter() -> None:
    tree = tree_of([TreeEntry("a/x", FileMode.FILE, blob_id(b""))])
    counting = Counting()
    assert counting.of(tree, ("x",)) == EMPTY
    assert counting.of(tree, ("y",)) is tree
