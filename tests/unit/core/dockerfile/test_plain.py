"""The quick reading of plain Dockerfiles says what the parser says, or leaves them to it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfimages_action.core.dockerfile.parse import read_instructions
from tfimages_action.core.dockerfile.plain import plain_instructions
from tfimages_action.core.dockerfile.source import prepare

_NAMES = st.sampled_from(
    [
        "FROM", "RUN", "COPY", "ADD", "ARG", "ENV", "LABEL", "CMD", "ENTRYPOINT", "EXPOSE", "USER",
        "WORKDIR", "VOLUME", "from", "rUn", "HEALTHCHECK", "ONBUILD", "SHELL", "STOPSIGNAL",
        "MAINTAINER", "NONSENSE",
    ]
)  # fmt: skip
_PIECES = st.sampled_from(
    [
        "a", "A", "1", "=", "==", "a=b", "a=$X", "=b", ",", "/", ".", "-", "--", "AS", "as", "/u/*",
        "--from=0", "--from=", "--link", "--mount=type=cache,target=/x", "--platform=$P", "a:b@c",
        "--chown=1:2", "${X:-d}", "$$", "'", '"', "\\", "\\\\", "`", "#", "#x", "[", "]", "[]",
        "{}", ":", ";", "&&", "|", "<", "<<", "<<E", "\u00e9", '"a"', '"a b"', 'a="b c"', "a='b c'",
        '["a"]', '["a","b c"]', '["a", "b"]', '["a" "b"]', "[1]", '["a\\n"]', " ", "  ", "\t", " ",
        "\\\n", " \\\n", " \\ \n", "\\\n# c\n", "\\\n\n", "\\\n  # c\n x", "\r", "\x0b",
        "\x01", "\0", "\u3000",
    ]
)  # fmt: skip
_LINES = st.one_of(
    st.builds("{} {}".format, _NAMES, st.lists(_PIECES, max_size=6).map("".join)),
    st.builds("{} {}".format, _NAMES, st.lists(_PIECES, max_size=6).map(" ".join)),
    st.sampled_from(
        ["", " ", "# c", " # a=b", "# syntax=docker/dockerfile:1", "#syntax = x", "# escape=`",
         "# check=skip=all", "#!/bin/sh", "FROM scratch", "\ufeff# escape=`", "RUN a \\", "x"]
    ),
)  # fmt: skip
FILES = st.builds(
    lambda lines, end: ("\n".join(lines) + end).encode(),
    st.lists(_LINES, max_size=6),
    st.sampled_from(["\n", "", "\r\n", "\\", "\n\n"]),
)


@given(FILES)
@settings(max_examples=600)
def test_it_reads_as_the_parser_does_or_not_at_all(data: bytes) -> None:
    found = plain_instructions(data)
    if found is None:
        return
    assert found == read_instructions(prepare(data))


def test_the_usual_forms_are_plain() -> None:
    data = (
        b"# syntax=docker/dockerfile:1\n\n# a comment\nARG V=1\n"
        b"FROM --platform=$BUILDPLATFORM debian:$V AS base\n"
        b"RUN apt-get update \\\n    # why\n\n    && apt-get install x\n"
        b"RUN --mount=type=cache,target=/c make\n"
        b'COPY --from=base --chown=1:1 a b /c\nENV A=b C="d e"\nLABEL x.y="z"\n'
        b'EXPOSE 80 443/tcp\nWORKDIR /w\nUSER 1\nVOLUME ["/v"]\nENTRYPOINT ["a", "b c"]\nCMD run it'
    )

    found = plain_instructions(data)

    assert found
    assert found == read_instructions(prepare(data))
    assert [one.line for one in found] == [4, 5, 6, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]


@pytest.mark.parametrize(
    "data",
    [
        b"# escape=`\nFROM x\n",
        b"# syntax=x\n# escape=`\nFROM x\n",
        b"FROM x\r\n",
        b"FROM x\nRUN <<E\nE\n",
        b"FROM x\nONBUILD RUN y\n",
        b"FROM x\nRUN a \\\\\nb\n",
        b"FROM x\nRUN a \\",
        b"FROM x\nENV a b\n",
        b"FROM x\nENV --a=b\n",
        b'FROM x\nCMD ["a", b]\n',
        "FROM x\nLABEL a=\u00e9\n".encode(),
        b"# only a comment\n",
        b"FROM x\nNONSENSE y\n",
        b"FROM x\nCOPY y\n",
        b"FROM x\nRUN " + b"y" * 70_000,
    ],
)
def test_anything_unusual_is_left_to_the_parser(data: bytes) -> None:
    assert plain_instructions(data) is None
