"""The short way for one stage on one image says what the graph says, or leaves it to that."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.core.dockerfile.test_plain import FILES
from tfimages_action.core.dockerfile.model import Dockerfile
from tfimages_action.core.dockerfile.parse import parse
from tfimages_action.core.dockerfile.resolution import Resolution
from tfimages_action.core.dockerfile.resolve import no_triggers, resolve
from tfimages_action.core.dockerfile.single import on_one_image
from tfimages_action.errors import DockerfileError

ENV = {"V": "3", "X": "x", "TARGETARCH": "amd64"}
BY_GRAPH = ("no-context-of-this-name",)
"""With named contexts, whatever their names, the graph is asked."""


def short_way(data: bytes) -> Resolution | None:
    return on_one_image(parse(data), ENV, no_triggers)


def result(dockerfile: Dockerfile, contexts: tuple[str, ...]) -> Resolution | str:
    try:
        return resolve(dockerfile, args={"X": "1"}, contexts=contexts)
    except DockerfileError as error:
        return error.render()


@given(st.sampled_from(["", "ARG V=1\n", "ARG X\n"]), FILES)
@settings(max_examples=300)
def test_both_ways_say_the_same(opening: str, rest: bytes) -> None:
    try:
        dockerfile = parse(f"{opening}FROM a:$X\n".encode() + rest)
    except DockerfileError:
        return
    assert result(dockerfile, ()) == result(dockerfile, BY_GRAPH)


def test_the_usual_single_stage_goes_the_short_way() -> None:
    data = (
        b'ARG V=1\nFROM debian:$V\nRUN apt-get update\nCOPY a /b\nENV A=b C="d e"\nEXPOSE 80\n'
        b'LABEL a.b="c d"\nWORKDIR /w\nUSER 1\nVOLUME /v\nONBUILD RUN x\nCMD ["/sbin/init"]\n'
    )
    found = short_way(data)
    assert found
    assert [(str(one.image), one.line) for one in found.references] == [
        ("docker.io/library/debian:3", 2)
    ]
    assert found.onbuild == ("RUN x",)
    assert found.declared == {"V"}


@pytest.mark.parametrize(
    "data",
    [
        b"FROM a AS b\nFROM b\n",
        b"FROM scratch\n",
        b"FROM --platform=linux/arm64 a\n",
        b"FROM a$UNSET\n",
        b"FROM A\n",
        b"FROM a\nCOPY --from=b /x /y\n",
        b"FROM a\nRUN --mount=type=bind,from=b,target=/x true\n",
        b"FROM a\nARG W\nRUN echo $W\n",
        b"FROM a\nENV A=$V\n",
        b"FROM a\nLABEL a=${V:?}\n",
        b"FROM a\nEXPOSE 80/none\n",
        b"FROM a\nEXPOSE $V\n",
        b"FROM a\nSTOPSIGNAL nothing\n",
        b"FROM a\nCOPY https://x.org/a /a\n",
        b"FROM a\nADD github.com/a/b /a\n",
        b"FROM a\nWORKDIR $V\n",
    ],
)
def test_what_is_more_than_plain_is_left_to_the_graph(data: bytes) -> None:
    assert short_way(data) is None


def test_a_parent_with_triggers_is_left_to_the_graph() -> None:
    assert on_one_image(parse(b"FROM a\n"), ENV, lambda _: ("RUN x",)) is None
