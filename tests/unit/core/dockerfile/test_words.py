from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfimages_action.core.dockerfile.words import Lexer, RequiredError, WordError, expand

ENV = {"A": "one", "EMPTY": "", "PATHS": "/a/b/c", "SPACED": "x y"}


@pytest.mark.parametrize(
    ("word", "expanded"),
    [
        ("plain", "plain"),
        ("$A-$A", "one-one"),
        ("${A}b", "oneb"),
        ("$Ab", ""),
        ("$A.b", "one.b"),
        ("\\$A", "$A"),
        ("'$A'", "$A"),
        ('"$A"', "one"),
        ('"\\$A \\"q\\" \\n"', '$A "q" \\n'),
        ("a\\ b\\", "a b"),
        ("$", "$"),
        ("a$ b", "a$ b"),
        ("$1x", "x"),
        ("$?x", "x"),
        ("${EMPTY:-d}${EMPTY-d}${NONE:-d}${NONE-d}", "ddd"),
        ("${A:+a}${EMPTY:+a}${EMPTY+a}${NONE+a}", "aa"),
        ("${NONE:-'$A'}", "$A"),
        ('${NONE:-"$A"}', "one"),
        ("${NONE:-a\\}b}", "a}b"),
        ("${NONE:-${NONE:-${A}}}", "one"),
        ("${PATHS#*/}", "a/b/c"),
        ("${PATHS##*/}", "c"),
        ("${PATHS%/*}", "/a/b"),
        ("${PATHS/\\//-}", "-a/b/c"),
        ("${PATHS//\\//-}", "-a-b-c"),
        ("${A?}${A:?no}", "oneone"),
        ("<<EOF", "<<EOF"),
    ],
)
def test_expands_by_dockers_rules(word: str, expanded: str) -> None:
    assert expand(word, ENV) == expanded


def test_the_escape_character_may_be_a_backtick() -> None:
    assert expand("C:\\$A`$A", ENV, escape="`") == "C:\\one$A"


@pytest.mark.parametrize(
    "word",
    ["${", "${A", "${}", "${:-a}", "${{A}}", "${A:=b}", "${A^}", "${A:#a}", "'a", '"a', "${A/b}"],
)
def test_refuses_what_is_not_whole(word: str) -> None:
    with pytest.raises(WordError):
        expand(word, ENV)


@pytest.mark.parametrize("word", ["${NONE?}", "${NONE:?say}", "${EMPTY:?say}"])
def test_a_required_variable_must_have_a_value(word: str) -> None:
    with pytest.raises(RequiredError):
        expand(word, ENV)


def test_nesting_without_end_is_an_error_not_a_crash() -> None:
    with pytest.raises(WordError):
        expand("${X:-" * 100_000, {})


def test_variables_without_value_are_told() -> None:
    unset: list[str] = []
    expand("$A ${NONE:-x} ${EMPTY} $OTHER '$QUOTED'", ENV, unset=unset)
    assert unset == ["NONE", "OTHER"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a  b", ["a", "b"]),
        ('$SPACED "$SPACED"', ["x", "y", "x y"]),
        ("80${NONE:-81} 90", ["81", "90"]),
        ("cat << EOF", ["cat", "<< EOF"]),
        ("''", []),
    ],
)
def test_words_are_parted_after_expansion(text: str, words: list[str]) -> None:
    assert Lexer(text, ENV).words() == words


@given(st.text(alphabet="aA$'\"\\{}:-+?#%/ <", max_size=30))
def test_any_text_is_expanded_or_refused(text: str) -> None:
    unset: list[str] = []
    try:
        expanded = expand(text, ENV, unset=unset)
    except WordError:
        return
    assert expanded == expand(text, {**ENV, "NEVER_NAMED": "x"})
    assert not ENV.keys() & set(unset)


@given(st.text(alphabet=st.characters(exclude_characters="$'\"\\\ufeff"), max_size=30))
def test_text_without_signs_stays_as_it_is(text: str) -> None:
    assert expand(text, ENV) == text == Lexer(text, ENV).word()


@given(st.text(), st.text(alphabet="abc", min_size=1))
def test_quoting_makes_any_value_literal(value: str, default: str) -> None:
    assert expand('"${V}"', {"V": value}) == value
    assert expand(f"${{V:-{default}}}", {"V": value}) == (value or default)
