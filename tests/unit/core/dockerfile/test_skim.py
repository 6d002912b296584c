"""What is skimmed is what the parser and the graph make of the file; the rest is left to them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.core.dockerfile.test_plain import FILES
from tfimages_action.core.dockerfile.model import DeclaredArg, Dockerfile
from tfimages_action.core.dockerfile.parse import parse, read_instructions
from tfimages_action.core.dockerfile.resolution import Resolution
from tfimages_action.core.dockerfile.resolve import resolve
from tfimages_action.core.dockerfile.skim import skim
from tfimages_action.core.dockerfile.source import prepare
from tfimages_action.core.reference import ImageReference
from tfimages_action.errors import DockerfileError

_OPENINGS = [
    "", "# syntax=docker/dockerfile:1\n", "#syntax = x\n# c\n", "\n# a comment\n", "ARG V\n",
    "ARG V=1\nARG W=\n", '# syntax=x\n\nARG X="a b"\n# c\nARG Y=$V-1\n', "\tARG V=2\n",
]  # fmt: skip
_NEARLY_OPENINGS = [
    "# escape=`\n", "\n# escape=`\n", "#!/x\n# check=skip=x\n", "#!\n# escape=`\n", "ARG V='\n",
    "# syntax=x\n# escape=`\n", "# syntax=x\nx=y\n", 'ARG V="\\"\n', "ARG V=a b\n", "ARG V W\n",
    "ARG V=\\ b\n", "ARG =a\n", "ARG V.W\n",
]  # fmt: skip
_FROMS = [
    "FROM a", "FROM a:$V", "FROM ${V:-b} AS c", "  FROM a@b as C.d", "FROM scratch", "FROM \ta\t",
    "FROM a AS b-c_d.e1",
]  # fmt: skip
_NEARLY_FROMS = [
    "FROM -a", "FROM --a", "FROM --platform=linux/arm64 a", "FROM [a]", "FROM a b", "FROM aAS b",
    "FROM a AS 1", "FROM a AS b-", "FROM a AS b..c", f"FROM a AS {'ab' * 32}",
    "FROM a AS b c", "FROM a\\\nb", "FROM a # b", "FROM a AS", "FROM", "FROM ",
]  # fmt: skip
_LINES = [
    "", "# a comment \\", "  # b", "RUN a", "RUN a $B 'c \"", "RUN a \\\n  b", "RUN #a", "RUN a ",
    "RUN a \\\n# c\n\nb", "RUN a\\\\b \\ c \\ \n\\\n d", "RUN  \ta \\\n#\n # x\n  -b \\n",
    "COPY a /b", "ADD a.tar /b/ /c", "COPY ./* ?+,=@ /x/", "ENV A=b", 'ENV A="b c"  D=e',
    "ENV A=b \\\n  C=d \\\n# c\n\n \\\n E=f", 'LABEL a.b-c="d e" f==', 'CMD ["a", "b c"]',
    "CMD a $B 'c", 'ENTRYPOINT [ "a" ,"$B" ]', "EXPOSE 80 443/tcp 9/udp", "VOLUME /a /b",
    "WORKDIR /a/b", "USER a:b", "USER 1000", "RUN a \\\n# c\nFROM b", "RUN a \\\nFROM b",
    "EXPOSE 0 59999",
]  # fmt: skip
_NEARLY_LINES = [
    "RUN", "RUN ", "RUN\ta", "RUN a\\\\", "RUN \\\n a", 'RUN ["a"]', "RUN [a", "RUN -a",
    "RUN --mount=type=x a", "RUN --mount=from=b,target=/x a", "RUN --network=no a",
    "RUN <<E\nFROM b\nE", "RUN a \\\n\\\\\nb", "COPY a", "COPY -a b", "COPY --from=b a /b",
    "COPY --no a b", "COPY [a b", 'COPY ["a", "b"]', "COPY a \\\n b", "COPY a$B /b",
    "COPY ${B:?} /b", "COPY https://a/b /c", "COPY 'a b", "COPY github.com/a/b /c",
    "ADD github.com/a/b?x /c", "ADD git@a.b:c?d /e", "ADD a:b /c", "COPY <<E /a", "ENV A",
    "ENV A b", "ENV =b", "ENV A=", "ENV A=$B", "ENV A=${B:?}", 'ENV A="${B:?}"', "ENV $A=b",
    "ENV ${A:?}=b", "ENV A='b c'", 'ENV A="b', 'ENV A="b\\"', 'ENV A="b\\" C="d"', 'ENV A="b"c',
    "ENV A=b\\ c", "ENV A=b\\\nC=d", "ENV A=b \\\\\nC=d", "ENV -A=b", "ENV --A=b", "ENV A=b C",
    "LABEL a=`", "ENV A=b \\", "CMD", "CMD -a", "CMD --a", "CMD [a", 'CMD ["a"', 'CMD ["a\tb"]',
    'CMD ["a\\"]', 'CMD ["a\\q"]', "CMD []", 'CMD ["a",]', "CMD ['a']", "CMD a \\\n b", "CMD a\\b",
    'CMD ["a"] b', "CMD a \\", "ENTRYPOINT --a b", "EXPOSE", "EXPOSE 65536", "EXPOSE 99999",
    "EXPOSE 80/x", "EXPOSE $B", "EXPOSE -1", "EXPOSE --a", "VOLUME", "VOLUME -a", "VOLUME --a b",
    "VOLUME [a", "VOLUME ${B:?}", "WORKDIR", "WORKDIR -a", "WORKDIR --a", "WORKDIR a b",
    "WORKDIR ${B:?}", "USER", "USER ${B:?}", "USER --a", "USER $B", "USER a b", "ARG U",
    "ARG U=${B:?}", "ARG U\nRUN $U", "SHELL a", "STOPSIGNAL x", "ONBUILD RUN a",
    "ONBUILD COPY --from=b a /b", "HEALTHCHECK x", "MAINTAINER a b", "x", "FROM b",
    "FROM a AS b\nFROM c", "RUN a\r", "RUN a\x0b", "RUN a\x00", "RUN a\x7f\u00e9", "ENV A=\x0b",
    "USER a\x0b", "# \x00", 'CMD ["\x01"]',
]  # fmt: skip
_TWISTS = [
    "\\", "\\\n", " \\\n", "\\\n#", "\n", "\\ \t\n", "#", "# a=b\n", " ", "\t", "$", "$V", "${",
    "'", '"', "`", "[", "]", "-", "--", "=", "<<E", ":", "/", ",", "0", "\r", "\x0b", "\x00",
    "\x7f", "\u00e9", "FROM b\n", "ARG U\n", "\nRUN ", "\\\n\\\n", "\\\n\nFROM c\n",
]  # fmt: skip


def mostly(usual: list[str], odd: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(usual * (3 * len(odd) // len(usual) + 1) + odd)


@st.composite
def nearly_plainest(draw: st.DrawFn) -> bytes:
    """The plainest Dockerfiles, and such with a line or a character that is hardly more."""
    lines = draw(st.lists(mostly(_LINES, _NEARLY_LINES), max_size=4))
    text = draw(mostly(_OPENINGS, _NEARLY_OPENINGS))
    text += "\n".join([draw(mostly(_FROMS, _NEARLY_FROMS)), *lines])
    text += draw(st.sampled_from(["\n", ""]))
    for twist in draw(st.lists(st.sampled_from(_TWISTS), max_size=1)):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + twist + text[at:]
    return text.encode()


def answer(
    dockerfile: Dockerfile, contexts: tuple[str, ...], onbuild: tuple[str, ...]
) -> Resolution | str:
    def onbuild_of(_: ImageReference) -> tuple[str, ...]:
        return onbuild

    try:
        return resolve(dockerfile, args={"V": "1"}, contexts=contexts, onbuild_of=onbuild_of)
    except DockerfileError as error:
        return error.render()


def unskimmed(dockerfile: Dockerfile, data: bytes) -> Dockerfile:
    """The same file with its instructions as BuildKit's parser reads them, to be gone through."""
    stage = dockerfile.stages[0]
    instructions = read_instructions(prepare(data))
    *above, opening = [one for one in instructions if one.line <= stage.line]
    assert [(one.name, one.line) for one in above] == [("arg", a.line) for a in dockerfile.args]
    assert (opening.name, opening.line, opening.words[0]) == ("from", stage.line, stage.base)
    assert [word.lower() for word in opening.words[2:]] == [stage.name] * bool(stage.name)
    assert not opening.flags
    assert tuple(stage.instructions) == tuple(instructions[len(above) + 1 :])
    return parse(data + b"\n# \xc3\xa9\n")


def agrees(data: bytes) -> bool:
    """Whether it is skimmed; what is, must be as the parser and the graph have it."""
    found = skim(data)
    if found is None:
        return False
    read = unskimmed(found, data)
    assert not read.plainest
    for part in ("args", "declared", "uses", "escape"):
        assert getattr(found, part) == getattr(read, part)
    for onbuild in ((), ("RUN x",)):
        graph = answer(read, ("no-context-of-this-name",), onbuild)
        assert answer(found, (), onbuild) == graph
        assert answer(found, ("no-context-of-this-name",), onbuild) == graph
    return True


@given(st.one_of(nearly_plainest(), nearly_plainest(), FILES))
@settings(max_examples=500)
def test_it_says_what_parser_and_graph_say_or_nothing(data: bytes) -> None:
    agrees(data)


def test_it_takes_each_plain_part_and_none_that_is_only_nearly_so() -> None:
    taken = [f"{opening}FROM a\n" for opening in _OPENINGS]
    taken += [f"{opening}\nRUN b" for opening in _FROMS]
    taken += [f"FROM a\n{line}\nUSER b" for line in _LINES]
    assert [text for text in taken if not agrees(text.encode())] == []
    left = [f"{opening}FROM a\n" for opening in _NEARLY_OPENINGS]
    left += [f"{opening}\nRUN b" for opening in _NEARLY_FROMS]
    left += [f"FROM a\n{line}\n{after}" for line in _NEARLY_LINES for after in ("", "USER b\n")]
    assert [text for text in left if agrees(text.encode())] == []


def test_the_usual_image_is_skimmed() -> None:
    data = (
        b"# syntax=docker/dockerfile:1\n\n# An image\nARG REGISTRY\nARG V=1\n"
        b"FROM ${REGISTRY}/base:$V AS Main\n"
        b"RUN apt-get update \\\n    # why\n\n    && apt-get install -y x \\\n    && rm -rf /y/*\n"
        b'COPY rootfs /\nENV A=b \\\n    C="d e"\nLABEL x.y="z"\nEXPOSE 80 443/tcp\nWORKDIR /w\n'
        b'USER 1\nVOLUME /v\nENTRYPOINT ["a", "b c"]\nCMD run it'
    )

    found = skim(data)

    assert found
    assert found.args == (
        DeclaredArg(name="REGISTRY", default=None, line=4, stage=None),
        DeclaredArg(name="V", default="1", line=5, stage=None),
    )
    (stage,) = found.stages
    assert (stage.base, stage.name, stage.line) == ("${REGISTRY}/base:$V", "main", 6)
    assert [one.line for one in stage.instructions] == [7, 12, 13, 15, 16, 17, 18, 19, 20, 21]
    assert stage.instructions[-1].words == ("run it",)
    assert len(stage.instructions) == 10
    assert stage.onbuild == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RUN a\n",
        b"FROM a\r\n",
        "FROM a\n# \u00e9\n".encode(),
        b"FROM a\nRUN " + b"y" * 70_000,
        b"FROM a\n" * 9_000,
        b"FROM a\nRUN b \\",
        b"FROM a\nRUN b \\\n",
        b"FROM a\nRUN b \\\n# c\n",
    ],
)
def test_anything_more_is_left_to_a_closer_look(data: bytes) -> None:
    assert skim(data) is None
