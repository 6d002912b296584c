"""The harness reads a step's words as GitHub's runner does."""

import pytest

from tests.bed.commands import Annotation, CommandFileError, read_log, read_pairs


def test_annotations_are_unescaped_and_taken_out_of_the_log() -> None:
    said = read_log(
        "before\n"
        "::error file=a/b%2Cc,line=7,title=No%3A::first%0Asecond 100%25: x::y\n"
        "::warning::plain\n"
        "after\n"
    )
    assert said.lines == ("before", "after")
    assert said.annotations == (
        Annotation(
            level="error",
            message="first\nsecond 100%: x::y",
            title="No:",
            file="a/b,c",
            line=7,
        ),
        Annotation(level="warning", message="plain"),
    )


def test_masks_and_groups() -> None:
    said = read_log("::add-mask::s3cret\n::group::Build%0Aall\nline\n::endgroup::\n")
    assert said.masks == ("s3cret",)
    assert said.lines == ("> Build\nall", "line")


def test_the_eleventh_annotation_of_a_level_is_not_shown() -> None:
    said = read_log("".join(f"::error::{n}\n" for n in range(12)) + "::notice::n\n")
    assert [a.message for a in said.annotations] == [*map(str, range(10)), "n"]


def test_what_only_looks_like_a_command_stays() -> None:
    assert read_log("a ::error::b\n::unknown::c\n").lines == ("a ::error::b", "::unknown::c")


def test_pairs_of_both_forms() -> None:
    text = "a=1=2\nb<<END\none\n\ntwo=3\nEND\nc=\nd<<E=F\nx\nE=F\n"
    assert read_pairs(text) == {"a": "1=2", "b": "one\n\ntwo=3", "c": "", "d": "x"}


@pytest.mark.parametrize("text", ["no pair\n", "a<<END\nb\n", "=x\n"])
def test_a_broken_file_is_an_error(text: str) -> None:
    with pytest.raises(CommandFileError):
        read_pairs(text)
