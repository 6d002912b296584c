"""What .dockerignore keeps out, as BuildKit reads it: tests/integration/engine holds that."""

import pytest
from docker.utils.build import PatternMatcher
from hypothesis import given
from hypothesis import strategies as st

from tfimages_action.core.catalog.dockerignore import IgnorePatternError, docker_ignore


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
        ("**.log", "x/y.log", True),
        ("**.log", ".log", True),
        ("**/.log", "x/y.log", False),
        ("**.lo?", "x/y.log", False),
        ("**.lo?", "x/.log", True),
        ("a/**", "a", False),
        ("a/**", "a/b/c", True),
        ("a**", "ab/c", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("[^a]", "b", True),
        ("[^a]", "a", False),
        ("[!a]", "b", False),
        ("[!a]", "!", True),
        ("[a-c]x", "bx", True),
        ("[\\]a]", "]", True),
        ("a\\ b", "a b", True),
        ("\\*", "*", True),
        ("\\*", "a", False),
        ("a.b", "aXb", False),
        ("//a", "a", True),
        ("a\u2028b", "a\u2028b", True),
        ("a\r\nb\r\n", "a", True),
        ("a\r\nb\r\n", "b", True),
        ("a/b\n!a", "a/b", True),
        ("a/b\n!a", "a/c", False),
        ("a\n!a\nx\n!a/*", "a/b", False),
    ],
)
def test_dockerignore(rules: str, path: str, excluded: bool) -> None:
    assert (kept(rules, path) == []) is excluded


def test_a_dockerignore_of_comments_excludes_nothing() -> None:
    assert docker_ignore("# a\n\n   \n") is None


@pytest.mark.parametrize(
    "line", ["[", "a[", "[]a]", "[a-]", "[-a]", "[b-a]", "[a\\]", "\\", "!", "! "]
)
def test_what_buildkit_refuses_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(IgnorePatternError, match="no pattern") as caught:
        docker_ignore(f"# first\n\n{line}\nlast")
    assert caught.value.line == 3


names = st.lists(st.sampled_from(["a", "b", "ab", "a.b", ".x"]), min_size=1, max_size=3)
patterns = st.lists(
    st.sampled_from(["a", "b", "ab", "*", "a*", "?", "a?b", "*.b", "[ab]", ".*", "."]),
    min_size=1,
    max_size=3,
)


@given(st.lists(patterns.map("/".join), min_size=1, max_size=3), names.map("/".join))
def test_of_plain_patterns_the_docker_sdk_says_the_same(lines: list[str], path: str) -> None:
    """Without `**`, exceptions, escapes and upper case, of which it has notions of its own."""
    theirs = PatternMatcher(lines).matches(path)  # type: ignore[arg-type]  # it takes text
    assert (kept("\n".join(lines), path) == []) is theirs
