"""A failed build's last words, as BuildKit writes them."""

from dataclasses import replace

import pytest

from tfimages_action.adapters.engine.failure import (
    LastWords,
    build_error,
    read_last_words,
    speaks_of_engine,
)
from tfimages_action.core.catalog.model import External, Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.reference import ImageReference
from tfimages_action.errors import Location

RUN_FAILED = """\
Dockerfile:6
--------------------
   4 |     COPY . /ctx/
   5 |     RUN find /ctx
   6 | >>> RUN echo one && \\
   7 | >>>     false
   8 |
--------------------
ERROR: failed to solve: process "/bin/sh -c echo one &&     false" did not complete successfully: \
exit code: 1
"""
BASE = ImageReference.parse("debian:nonexistent")
IMAGE = Image(
    name="hero",
    reference=ImageReference.parse("ghcr.io/o/hero"),
    flist="hero.flist",
    kind=Kind.CONTAINER,
    folder="hero",
    dockerfile="images/hero/Dockerfile",
    context="images/hero",
    externals=(
        External(
            reference=BASE,
            written="debian:nonexistent",
            location=Location(path="images/hero/Dockerfile", line=1),
        ),
    ),
)


def test_the_instruction_and_its_line_are_named() -> None:
    error = build_error(IMAGE, read_last_words(RUN_FAILED.splitlines()))
    assert str(error.location) == "images/hero/Dockerfile:6"
    assert error.message == "`RUN echo one && \\ false` failed with exit code 1"
    assert "`tfimages check hero`" in error.hint
    assert not error.transient


def test_the_last_line_of_the_command_says_why_it_failed() -> None:
    words = replace(read_last_words(RUN_FAILED.splitlines()), said="E: no package x")
    assert build_error(IMAGE, words).message.endswith("failed with exit code 1: E: no package x")


def test_a_long_instruction_leaves_room_for_the_cause() -> None:
    cause = 'process "/bin/sh -c ..." did not complete successfully: exit code: 2'
    words = LastWords(cause=cause, line=1, instruction="RUN " + "x" * 3000, said="y" * 3000)
    message = build_error(IMAGE, words).message
    assert "…` failed with exit code 2: yyy" in message
    assert len(message) < 450


def test_a_file_that_is_not_there_is_said_so_with_where_it_is_looked_for() -> None:
    ref = "71afc6a6-fdf9::o5rf10r3s7jy852ncv16bdss9"
    cause = (
        f'failed to compute cache key: failed to calculate checksum of ref {ref}: "/x": not found'
    )
    error = build_error(IMAGE, LastWords(cause=cause, line=2, instruction="COPY x /x"))
    assert error.message == '`COPY x /x` failed: "/x": not found'
    assert "what git has of images/hero/" in error.hint
    other = build_error(IMAGE, LastWords(cause=cause, line=2, instruction="COPY --from=b x /"))
    assert "git" not in other.hint


def test_a_parse_error_has_a_line_too() -> None:
    cause = "dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)"
    marked = "   2 | >>> RUNN x"
    words = read_last_words(
        ["Df3:2", "----", marked, f"ERROR: failed to build: failed to solve: {cause}"]
    )
    assert words.line == 2
    assert words.cause == cause


@pytest.mark.parametrize(
    ("cause", "transient"),
    [
        ("alpine: failed to resolve source metadata: 429 Too Many Requests", True),
        ("failed to copy: httpReadSeeker: failed open: toomanyrequests: rate limit", True),
        ("failed to do request: Head: dial tcp: lookup registry-1.docker.io: i/o timeout", True),
        ("failed to resolve source metadata: pull access denied, repository does not exist", False),
        ('process "/bin/sh -c curl" did not complete successfully: exit code: 7', False),
        ('process "/bin/sh -c pull" did not complete successfully: 429 toomanyrequests', False),
        ('failed to compute cache key: "/nothere": not found', False),
    ],
)  # fmt: skip
def test_only_a_registry_is_worth_another_try(cause: str, transient: bool) -> None:
    error = build_error(IMAGE, LastWords(cause=cause, line=1))
    assert error.transient is transient


def test_a_rate_limited_base_names_the_credentials() -> None:
    words = LastWords(cause="failed to resolve source metadata: 429 Too Many Requests", line=1)
    assert "dockerhub-username" in build_error(IMAGE, words).hint


def test_a_full_disk_names_the_cure() -> None:
    words = LastWords(cause="write /x: no space left on device")
    assert "prune" in build_error(IMAGE, words).hint


@pytest.mark.parametrize(
    ("cause", "gone"),
    [
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", True),
        ("rpc error: code = Unavailable desc = error reading from server: EOF", True),
        ('process "docker.sock" did not complete successfully: exit code: 1', False),
        ("failed to compute cache key", False),
    ],
)
def test_an_engine_that_went_away_is_told_from_a_bad_build(cause: str, gone: bool) -> None:
    assert speaks_of_engine(LastWords(cause=cause)) is gone


def test_without_last_words_what_was_said_is_the_cause() -> None:
    assert read_last_words(["error: no builder", ""]).cause == "error: no builder"
