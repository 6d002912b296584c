"""Small Dockerfiles and the images that BuildKit asks a registry for: the traps, one by one.

Every line here was held against BuildKit 0.34's own frontend.
"""

from __future__ import annotations

import pytest

from tfimages_action.core.dockerfile.parse import parse
from tfimages_action.core.dockerfile.resolve import resolve
from tfimages_action.errors import DockerfileError

DIGEST = "sha256:" + "a" * 64

FOUND: dict[str, tuple[str, str]] = {
    "one FROM": ("FROM alpine", "alpine"),
    "instructions in any case": ("from alpine\nrUn x\ncopy --from=b a /", "alpine b"),
    "the stage before": ("FROM a AS x\nFROM x", "a"),
    "a stage that nothing needs": ("FROM a AS x\nFROM b", "b"),
    "a stage that only a needless one needs": ("FROM a AS x\nFROM x AS y\nFROM b", "b"),
    "COPY from a stage": ("FROM a AS x\nFROM b\nCOPY --from=x / /", "a b"),
    "COPY from an image": ("FROM a\nCOPY --from=b/c:1 / /", "a b/c:1"),
    "COPY by number is a stage": ("FROM a\nFROM b\nCOPY --from=0 / /", "a b"),
    "COPY by number with a sign": ("FROM a\nFROM b\nCOPY --from=+00 / /", "a b"),
    "a mount by number is an image": ("FROM a\nFROM b\nRUN --mount=from=0,target=/x y", "0 b"),
    "a number of a nameless source": ("FROM a\nCOPY --from=b / /\nCOPY --from=1 / /", "a b"),
    "a mount without from counts as a source": (
        "FROM a\nRUN --mount=type=cache,target=/x y\nCOPY --from=1 / /",
        "a",
    ),
    "stage names in any case for COPY": ("FROM a AS Build\nFROM b\nCOPY --from=BUILD / /", "a b"),
    "stage names in any case for mounts": (
        "FROM a AS Build\nFROM b\nRUN --mount=from=bUILD,target=/x y",
        "a b",
    ),
    "FROM a later stage is an image": ("FROM late\nFROM a AS late\nFROM scratch", ""),
    "FROM a later stage that is needed": (
        "FROM late AS x\nFROM a AS late\nCOPY --from=x / /",
        "a late",
    ),
    "the later of two stages of one name": ("FROM a AS x\nFROM b AS x\nFROM x", "b"),
    "a stage named like an image": ("FROM alpine AS ubuntu\nFROM ubuntu", "alpine"),
    "a stage named like its base": ("FROM ubuntu AS ubuntu\nFROM ubuntu", "ubuntu"),
    "scratch": ("FROM scratch", ""),
    "COPY from scratch": ("FROM a\nCOPY --from=scratch / /", "a"),
    "a stage named scratch": ("FROM a AS scratch\nFROM scratch", "a"),
    "ARG before FROM": ("ARG V=3\nFROM a:$V", "a:3"),
    "ARG of many": ("ARG A=x B=y\nFROM $A/$B", "x/y"),
    "ARG by ARG": ("ARG A=x\nARG B=$A/y\nFROM $B", "x/y"),
    "ARG given twice": ("ARG A=x\nARG A=${A}y\nFROM $A", "xy"),
    "ARG without value keeps the earlier one": ("ARG A=x\nARG A\nFROM $A", "x"),
    "ARG after FROM does not count": ("ARG A=x\nFROM a\nARG A=y\nFROM $A", "x"),
    "ARG in quotes": ("ARG A=\"x\"\nARG B='y'\nFROM $A/$B", "x/y"),
    "no value, no text": ("FROM a$V", "a"),
    "default": ("FROM ${V:-a}/${V-b}", "a/b"),
    "default for the empty": ("ARG V=\nFROM a${V:-b}${V-c}", "ab"),
    "alternative": ("ARG V=1\nFROM a${V:+b}${V+c}${W:+d}${W+e}", "abc"),
    "nested default": ("ARG C=z\nFROM ${A:-${B:-$C}}", "z"),
    "shortest prefix": ("ARG V=x/y/z\nFROM ${V#*/}", "y/z"),
    "longest prefix": ("ARG V=x/y/z\nFROM ${V##*/}", "z"),
    "shortest suffix": ("ARG V=a-b-c\nFROM ${V%-*}", "a-b"),
    "longest suffix": ("ARG V=a-b-c\nFROM ${V%%-*}", "a"),
    "replace": ("ARG V=a.b.c\nFROM ${V/./-}", "a-b.c"),
    "replace all": ("ARG V=a.b.c\nFROM ${V//./-}", "a-b-c"),
    "required and set": ("ARG V=a\nFROM ${V:?needed}", "a"),
    "quotes in FROM": ("FROM \"al\"'pi'ne", "alpine"),
    "an escaped letter": ("FROM al\\pine", "alpine"),
    "platform args": ("FROM a-${TARGETARCH}-$TARGETOS:$BUILDARCH", "a-amd64-linux:amd64"),
    "--platform": ("FROM --platform=$BUILDPLATFORM a", "a"),
    "--platform by ARG": ("ARG P=arm64\nFROM --platform=linux/$P a", "a"),
    "a digest": (f"FROM a:1@{DIGEST}", f"a:1@{DIGEST}"),
    "BOM": ("\ufeffFROM a", "a"),
    "CRLF": ("FROM a \\\r\n  AS x\r\nFROM x\r\n", "a"),
    "no newline at the end": ("FROM a\nCOPY --from=b / /", "a b"),
    "blanks of all kinds": ("FROM\ta \t AS\tx\nFROM x", "a"),
    "a comment within a continuation": ("FROM \\\n# no\n\n  a", "a"),
    "an indented comment": ("  # FROM x\nFROM a", "a"),
    "escape by backtick": ("# escape=`\nFROM a `\n  AS x\nFROM x", "a"),
    "escape after syntax": ("# syntax=x/y:1\n# escape=`\nFROM `\na", "a"),
    "escape after check": ("# check=skip=all\n# escape=`\nFROM `\na", "a"),
    "escape after a comment is none": ("# hi\n# escape=`\nFROM a\\\nb", "ab"),
    "the backslash is a letter then": ("# escape=`\nFROM a\nWORKDIR C:\\", "a"),
    "a foreign frontend is not asked": ("# syntax=some/frontend\nFROM a", "a"),
    "heredoc of RUN": ("FROM a\nRUN <<EOF\nFROM b\nCOPY --from=c / /\nEOF", "a"),
    "heredoc of Python": ("FROM a\nRUN python3 <<E\nfrom pathlib import Path\nE", "a"),
    "heredoc behind a blank": ("FROM a\nRUN cat << EOF > x\nFROM b\nEOF\nCOPY --from=c / /", "a c"),
    "heredoc with tabs": ("FROM a\nRUN <<-EOF\nFROM b\n\tEOF", "a"),
    "heredoc in quotes": ("FROM a\nRUN <<'E F'\nfrom b\nE F", "a"),
    "two heredocs": ("FROM a\nRUN <<A <<B\nfrom b\nA\nfrom c\nB", "a"),
    "heredoc of COPY": ("FROM a\nCOPY <<E --from=x /\nfrom b\nE", "a"),
    "heredoc beside a newer expansion": ("FROM a\nRUN X=${Y//a/b} cat <<E\nfrom b\nE", "a"),
    "no heredoc in quotes": ('FROM a\nRUN echo "<<E"\nCOPY --from=b / /', "a b"),
    "no heredoc in JSON": ('FROM a\nRUN ["<<E"]\nCOPY --from=b / /', "a b"),
    "no JSON with more behind it": (
        "FROM a AS x\nRUN [ 1 ] && y\nENTRYPOINT [1]}\nCOPY --from=b [1] x\nVOLUME [2]a [\nFROM x",
        "a b",
    ),
    "no JSON with more behind it, deeper": (
        "FROM a AS x\nHEALTHCHECK CMD [3] y\nONBUILD COPY --from=c [4] y\nFROM x",
        "a c",
    ),
    "a wrong list in what is not JSON": (
        'FROM a\nRUN --mount=from=b,target=/x [1] || ["y"]',
        "a b",
    ),
    "no directive behind a vertical tab": ("# escape\v=`\nFROM al\\pine", "alpine"),
    "a directive behind a wide blank": ("#\u3000escape=`\nFROM a`\nb", "ab"),
    "no heredoc of ENV": ("FROM a\nENV A=<<E\nCOPY --from=b / /", "a b"),
    "heredoc in ONBUILD": ("FROM a\nONBUILD RUN <<E\nfrom pathlib import x\nE", "a"),
    "ONBUILD not triggered": ("FROM a\nONBUILD COPY --from=b / /", "a"),
    "ONBUILD triggered": ("FROM a AS x\nONBUILD COPY --from=b / /\nFROM x", "a b"),
    "ONBUILD with flags": ("FROM a AS x\nONBUILD RUN --mount=from=b,target=/t y\nFROM x", "a b"),
    "ONBUILD with a heredoc": ("FROM a AS x\nONBUILD COPY --from=b <<E /\nq\nE\nFROM x", "a b"),
    "ONBUILD for children alone": (
        "FROM a AS x\nONBUILD COPY --from=b / /\nFROM x AS y\nFROM y",
        "a b",
    ),
    "ONBUILD by the child's stages": (
        "FROM a AS x\nONBUILD COPY --from=tool / /\nFROM b AS tool\nFROM x",
        "a b",
    ),
    "a mount of any type": ("FROM a\nRUN --mount=type=cache,from=b,target=/x y", "a b"),
    "a mount in CSV's quotes": ('FROM a\nRUN --mount="type=bind,from=b,target=/x" y', "a b"),
    "the last from of a mount": ("FROM a\nRUN --mount=from=b,FROM=c,target=/x y", "a c"),
    "many mounts": ("FROM a\nRUN --mount=from=b,target=/b --mount=from=c,target=/c x", "a b c"),
    "a flag on the next line": ("FROM a\nRUN \\\n --mount=from=b,target=/x \\\n y", "a b"),
    "no flag behind the command": ("FROM a\nRUN x --mount=from=b,target=/x", "a"),
    "--from in the text of RUN": ("FROM a\nRUN echo \\\n  COPY --from=b / /", "a"),
    "JSON of COPY": ('FROM a\nCOPY --from=b ["x", "y"]', "a b"),
    "COPY --link --chown by number": ("FROM a\nCOPY --from=b --link --chown=1:2 x y", "a b"),
    "ENV does not count for FROM": ("ARG A=x\nFROM a\nENV A=y\nFROM $A", "x"),
    "an ARG of bytes that are no text": ("FROM a\nLABEL x=\udcff", "a"),
}


def _images(text: str) -> str:
    data = text.encode("utf-8", "surrogateescape")
    images = [str(image) for image in resolve(parse(data)).images]
    return " ".join(i.removeprefix("docker.io/").removeprefix("library/") for i in images)


def _with_latest(names: str) -> list[str]:
    return sorted(n if ":" in n or "@" in n else f"{n}:latest" for n in names.split())


@pytest.mark.parametrize("case", FOUND)
def test_finds_what_buildkit_asks_for(case: str) -> None:
    text, names = FOUND[case]
    assert sorted(_images(text).split()) == _with_latest(names)


REFUSED: dict[str, str] = {
    "empty": "",
    "comments alone": "# x\n",
    "a directive alone": "# escape=`\n",
    "a directive without a newline": "# syntax=a\n# escape=`",
    "BOM twice": "\ufeff\ufeff# escape=`\nFROM a",
    "NUL bytes": "\0\0\0",
    "no FROM": "ARG X=1",
    "RUN before FROM": "RUN x\nFROM a",
    "a comment behind FROM": "FROM a # why",
    "two images": "FROM a b",
    "AS without a name": "FROM a AS",
    "a stage name with a digit first": "FROM a AS 1x",
    "a stage name with a blank sign": "FROM a AS x/y",
    "a stage name that no image could have": "FROM a AS x-\nFROM b",
    "a stage name like an image's id": f"FROM a AS {'ab' * 32}",
    "an unknown instruction": "FROM a\nFOO bar",
    "FROM Build by another case": "FROM a AS Build\nFROM Build",
    "upper case": "FROM Alpine",
    "a base of nothing": "FROM $A",
    "a tag of nothing": "FROM img:$V",
    "a needless stage of no image": "FROM A:b:c AS x\nFROM b",
    "a base named by an ARG behind FROM": "FROM a\nARG A=x\nFROM $A",
    "bad substitution": "FROM ${}",
    "an open brace": "FROM ${A",
    "an open quote": 'FROM "a',
    "an unknown operator": "ARG A=x\nFROM ${A:=y}",
    "a required value": "FROM ${A:?no}",
    "an unknown platform": "FROM --platform=nonsense a",
    "an empty platform": "FROM --platform=$P a",
    "an unknown flag": "FROM --plattform=linux a",
    "a flag twice": "FROM a\nCOPY --from=b --from=c / /",
    "a flag without value": "FROM a\nCOPY --from b /",
    "a flag on CMD": "FROM a\nCMD --help",
    "COPY from a later stage": "FROM a AS x\nCOPY --from=y / /\nFROM x AS y\nFROM y",
    "COPY from itself": "FROM a AS x\nCOPY --from=x / /",
    "a circle": "FROM a AS x\nCOPY --from=y / /\nFROM a AS y\nCOPY --from=x / /\nFROM b",
    "COPY from a number too high": "FROM a\nCOPY --from=7 / /",
    "COPY from a number below zero": "FROM a\nCOPY --from=-1 / /",
    "COPY from a variable": "ARG A=x\nFROM a\nCOPY --from=$A / /",
    "COPY from quotes": 'FROM a\nCOPY --from=\\"b\\" / /',
    "a mount from a variable": "FROM a\nARG B=x\nRUN --mount=from=$B,target=/x y",
    "a mount of no type": "FROM a\nRUN --mount=type=disk,target=/x y",
    "a mount of nothing": "FROM a\nRUN --mount= x",
    "a secret mount with from": "FROM a\nRUN --mount=type=secret,id=x,from=b y",
    "ADD with from": "FROM a\nADD --from=b / /",
    "COPY of one word": "FROM a\nCOPY x",
    "a heredoc without end": "FROM a\nRUN <<EOF\nx",
    "a heredoc by a shift": "FROM a\nRUN echo $((1 << 2))",
    "a heredoc as a destination": "FROM a\nCOPY x <<E\nE",
    "escape of another letter": "# escape=x\nFROM a",
    "escape of more than one letter": "# escape=`\u00a0\nFROM a",
    "syntax twice": "# syntax=a\n# syntax=b\nFROM a",
    "check of nothing known": "# check=foo\nFROM a",
    "ONBUILD of ONBUILD": "FROM a\nONBUILD ONBUILD RUN x",
    "ONBUILD of FROM": "FROM a\nONBUILD FROM b",
    "a trigger that is wrong": "FROM a AS x\nONBUILD COPY y\nFROM x",
    "ENV without value": "FROM a\nENV X",
    "LABEL without name": "FROM a\nLABEL =x",
    "SHELL without JSON": "FROM a\nSHELL sh -c",
    "JSON of numbers": "FROM a\nRUN [1]",
    "JSON of numbers beside what is none": "FROM a\nRUN [1] x\nCMD [1]",
    "HEALTHCHECK of a letter that is no blank": "FROM a\nHEALTHCHECK CMD\u00e0 x",
    "HEALTHCHECK of nothing": "FROM a\nHEALTHCHECK CMD",
    "HEALTHCHECK by a wrong time": "FROM a\nHEALTHCHECK --interval=5 CMD x",
    "EXPOSE of no port": "FROM a\nEXPOSE web",
    "STOPSIGNAL of none": "FROM a\nSTOPSIGNAL SIGFOO",
    "a mode of none": "FROM a\nCOPY --chmod=rwx x /",
    "COPY from a URL": "FROM a\nCOPY https://x/y /",
    "--link with a name as owner": "FROM a\nCOPY --link --chown=me x /",
    "an open quote in ENV": 'FROM a\nENV X="y',
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_what_buildkit_refuses(case: str) -> None:
    with pytest.raises(DockerfileError):
        resolve(parse(REFUSED[case].encode()))


@pytest.mark.parametrize(
    "instruction",
    ["EXPOSE $PORT/tcp", "WORKDIR ${HOME_DIR:?}", "VOLUME $DATA", "RUN --mount=from=b y"],
)
def test_what_a_base_image_may_mend_is_a_warning(instruction: str) -> None:
    (problem,) = resolve(parse(f"FROM a\n{instruction}\n".encode()), path="x/Dockerfile").problems
    assert str(problem.location) == "x/Dockerfile:2"
    with pytest.raises(DockerfileError):
        resolve(parse(f"FROM scratch\n{instruction}\n".encode()))


def test_a_line_is_as_long_as_buildkit_allows() -> None:
    resolve(parse(b"FROM a\nRUN " + b"x" * 65_000))
    with pytest.raises(DockerfileError):
        parse(b"FROM a\nRUN " + b"x" * 66_000)
