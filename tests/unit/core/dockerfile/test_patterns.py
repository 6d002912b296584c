from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfimages_action.core.dockerfile.patterns import (
    PatternError,
    replace,
    trim_prefix,
    trim_suffix,
)

patterns = st.text(alphabet="ab*?", max_size=6)
values = st.text(alphabet="abc", max_size=8)


def _regex(pattern: str, star: str) -> str:
    return pattern.replace("?", ".").replace("*", star)


@given(patterns, values)
def test_a_prefix_is_trimmed_as_by_a_regular_expression(pattern: str, value: str) -> None:
    for greedy, star in ((True, ".*"), (False, ".*?")):
        found = re.match(_regex(pattern, star), value)
        expected = value[found.end() :] if found else value
        assert trim_prefix(pattern, value, greedy=greedy) == expected


@given(patterns, values)
def test_a_suffix_is_a_prefix_from_behind(pattern: str, value: str) -> None:
    for greedy in (True, False):
        expected = trim_prefix(pattern[::-1], value[::-1], greedy=greedy)[::-1]
        assert trim_suffix(pattern, value, greedy=greedy) == expected


@given(patterns, values)
def test_the_first_match_is_replaced(pattern: str, value: str) -> None:
    expected = re.sub(_regex(pattern, ".*"), "-", value, count=1)
    assert replace(pattern, "-", value, everywhere=False) == expected


@pytest.mark.parametrize(
    ("pattern", "replacement", "value", "expected"),
    [
        ("a", "x", "banana", "bxnxnx"),
        ("*", "x", "abc", "x"),
        ("", "-", "ab", "-a-b-"),
        ("\\*", "+", "a*b*", "a+b+"),
        ("\\/", "-", "a/b/c", "a-b-c"),
        ("b", "[$0]", "abc", "a[b]c"),
        ("b", "$$$1", "abc", "a$c"),
    ],
)
def test_all_matches_are_replaced_as_go_does(
    pattern: str, replacement: str, value: str, expected: str
) -> None:
    assert replace(pattern, replacement, value, everywhere=True) == expected


@pytest.mark.parametrize("pattern", ["\\a", "a\\"])
def test_an_escape_of_a_letter_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        trim_prefix(pattern, "x", greedy=False)


def test_many_stars_take_no_time() -> None:
    assert trim_prefix("*a" * 30 + "b", "a" * 300, greedy=True) == "a" * 300
