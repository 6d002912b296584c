"""Which tags are versions, how they are ordered, and which came before."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfimages_action.core.tags import (
    alias_of,
    newest_tag,
    parse_version_tag,
    previous_tag,
    require_version_tag,
)
from tfimages_action.errors import TagError

ORDERED = [
    "v0.0.9", "0.1", "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-beta.2", "v1.0.0-beta.11",
    "v1.0.0-rc.1", "v1", "1.0.1", "v1.2.3", "v2", "v10", "v28-rc1", "v28", "v28a", "v28b",
    "v28.0.1", "v29",
]  # fmt: skip


def unmoved(_tag: str) -> str:
    raise AssertionError("no commit needs to be looked up")


NO_VERSIONS = ["", "latest", "v", "release-1", "v1.2.3.4", "v01", "1.2.x", "v28ab", "V1", "v1\n"]


@pytest.mark.parametrize("text", NO_VERSIONS)
def test_other_tags_are_no_versions(text: str) -> None:
    assert parse_version_tag(text) is None
    with pytest.raises(TagError, match="is no version"):
        require_version_tag(text)


def test_order_is_by_precedence_not_by_spelling() -> None:
    shuffled = random.Random(7).sample(ORDERED, len(ORDERED))
    assert sorted(shuffled, key=require_version_tag) == ORDERED


@pytest.mark.parametrize(("current", "expected"), list(zip(ORDERED[1:], ORDERED, strict=False)))
def test_previous_is_the_greatest_below(current: str, expected: str) -> None:
    commits = {tag: tag for tag in ORDERED}
    tags = [*reversed(ORDERED), "latest", "nightly"]
    assert previous_tag(require_version_tag(current), tags, commits.get) == expected


def test_the_first_has_no_previous() -> None:
    assert previous_tag(require_version_tag("v1"), ["v1", "v2", "x"], unmoved) is None


def test_two_spellings_of_one_version_are_not_each_others_previous() -> None:
    tags = ["v27", "v28", "28", "v28.0.0"]
    for current in ("v28", "28", "v28.0.0"):
        found = previous_tag(require_version_tag(current), tags, {t: t for t in tags}.get)
        assert found == "v27"


def test_a_short_tag_on_the_commit_of_a_longer_one_is_an_alias() -> None:
    commits = {"v1": "c2", "v1.4": "c2", "v1.4.1": "c1", "v1.4.2": "c2", "v1.5.0": "c3"}
    assert alias_of(require_version_tag("v1"), commits, commits.get) == "v1.4.2"
    assert alias_of(require_version_tag("v1.4"), commits, commits.get) == "v1.4.2"
    assert alias_of(require_version_tag("v1.4.2"), commits, commits.get) is None
    assert previous_tag(require_version_tag("v1.5.0"), commits, commits.get) == "v1.4.2"
    assert previous_tag(require_version_tag("v1.4.1"), commits, commits.get) is None


def test_a_short_tag_on_a_commit_of_its_own_is_a_version() -> None:
    commits = {"v1": "c0", "v1.4.2": "c2"}
    assert alias_of(require_version_tag("v1"), commits, commits.get) is None
    assert previous_tag(require_version_tag("v1.4.2"), commits, commits.get) == "v1"


def test_a_short_tag_moved_along_to_a_rebuild_is_an_alias_too() -> None:
    commits = {"v1": "c2", "v1.2.0": "c0", "v1.4.2": "c1", "v1.4.2a": "c2"}
    assert alias_of(require_version_tag("v1"), commits, commits.get) == "v1.4.2a"
    assert previous_tag(require_version_tag("v1.2.0"), commits, commits.get) is None


def test_the_newest_is_no_alias_and_leads_to_a_commit() -> None:
    commits = {"v1": "c1", "v2": "c2", "v2.0": "c2", "v3": None, "x": "c9"}
    assert newest_tag(commits, commits.get) == "v2.0"
    assert newest_tag(["x"], commits.get) is None
    assert previous_tag(require_version_tag("v4"), commits, commits.get) == "v2.0"


def test_few_commits_are_asked_for() -> None:
    tags = ["v1", *(f"v1.{number}" for number in range(99)), "v2"]
    asked: list[str] = []

    def commit_of(tag: str) -> str:
        asked.append(tag)
        return "c98" if tag == "v1" else tag.replace("v1.", "c")

    assert alias_of(require_version_tag("v1"), tags, commit_of) == "v1.98"
    assert previous_tag(require_version_tag("v2"), tags, commit_of) == "v1.98"
    assert asked == ["v1", "v1.98", "v1.98"]


def test_a_letter_asks_to_rebuild_all_and_serves_as_previous() -> None:
    again = require_version_tag("v28a")
    assert again.rebuilds_all
    assert previous_tag(require_version_tag("v29"), ["v28", "v28a"], str.upper) == "v28a"
    assert previous_tag(again, ["v28", "v28a"], str.upper) == "v28"


versions = st.builds(
    lambda core, letter, v: v + ".".join(map(str, core)) + letter,
    st.lists(st.integers(0, 3), min_size=1, max_size=3),
    st.sampled_from(["", "", "", "a", "-rc.1", "-rc.2"]),
    st.sampled_from(["", "v"]),
)


@given(st.lists(versions, min_size=1, max_size=12, unique=True))
def test_previous_is_below_and_nothing_lies_between(tags: list[str]) -> None:
    commits = {tag: tag for tag in tags}
    current = require_version_tag(tags[0])
    found = previous_tag(current, tags, commits.get)
    between = [
        tag
        for tag in map(require_version_tag, tags)
        if tag < current and (found is None or tag > require_version_tag(found))
    ]
    assert between == []
