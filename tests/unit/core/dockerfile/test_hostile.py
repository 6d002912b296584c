"""Dockerfiles that no person wrote: each has its references or a clean error, never a traceback.

The inputs that fuzzing found to crash the parser, or an older state of what stands on it, and
their neighbours. What is refused here BuildKit refuses too.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tfimages_action.core.dockerfile.parse import parse
from tfimages_action.core.dockerfile.resolve import resolve
from tfimages_action.doors.terminal import app
from tfimages_action.errors import DockerfileError

REFUSED = None
"""An error with the file's name, and no references."""

HOSTILE: dict[str, tuple[bytes, list[str] | None]] = {
    "nothing": (b"", REFUSED),
    "one line end": (b"\n", REFUSED),
    "blanks": (b" \t\r\n\x0b\x0c\n", REFUSED),
    "comments alone": (b"# a\n  # b\n", REFUSED),
    "directives alone": (b"# syntax=docker/dockerfile:1\n# escape=`\n", REFUSED),
    "a byte order mark alone": (b"\xef\xbb\xbf", REFUSED),
    "a byte order mark": (b"\xef\xbb\xbfFROM a\n", ["a"]),
    "two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbfFROM a\n", REFUSED),
    "a byte order mark later": (b"FROM a\n\xef\xbb\xbfRUN x\n", REFUSED),
    "UTF-16": ("\ufeffFROM a\n".encode("utf-16-le"), REFUSED),
    "NUL in a name": (b"FROM a\0b\n", REFUSED),
    "NUL in a comment": (b"# \0\nFROM a\n", ["a"]),
    "NUL in a command": (b"FROM a\nRUN echo \0\n", ["a"]),
    "NUL at the end": (b"FROM a\n\0", REFUSED),
    "a lone surrogate in a name": (b"FROM a\xed\xa0\x80\n", REFUSED),
    "a lone surrogate in a command": (b"FROM a\nRUN echo \xed\xb2\x80\n", ["a"]),
    "a lone surrogate in a label": (b'FROM a\nLABEL a="\xed\xa0\x80"\n', ["a"]),
    "bytes of Latin 1": (b"FROM a\nLABEL a=\xe9\n# \xff\xfe\n", ["a"]),
    "a heredoc without end": (b"FROM a\nRUN <<E\ntrue\n", REFUSED),
    "a heredoc of no name": (b"FROM a\nRUN <<\n", ["a"]),
    "a heredoc that begins a file": (b"<<E\nE\n", REFUSED),
    "heredocs in one another": (b"FROM a\nCOPY <<A <<B /x/\n<<B\nA\nB\n", ["a"]),
    "a heredoc in ONBUILD without end": (b"FROM a\nONBUILD RUN <<E\n", REFUSED),
    "a quote without end": (b'FROM a\nENV A="b\n', REFUSED),
    "a brace without end": (b"FROM a${B\n", REFUSED),
    "a continuation at the end": (b"FROM a\nRUN x \\", ["a"]),
    "continuations alone": (b"\\\n\\\n\\\n", REFUSED),
    "JSON cut short": (b'FROM a\nCMD ["a"\n', ["a"]),
    "deep JSON": (b"FROM a\nCMD " + b"[" * 20_000 + b"\n", ["a"]),
    "deep braces": (b"FROM " + b"${A:-" * 5_000 + b"a" + b"}" * 5_000 + b"\n", REFUSED),
    "a line of 70,000 characters": (b"FROM a\nRUN " + b"x" * 70_000 + b"\n", REFUSED),
    "a comment of 70,000 characters": (b"#" + b"x" * 70_000 + b"\nFROM a\n", REFUSED),
    "many continuations": (b"FROM a\nRUN x" + b" \\\n x" * 20_000 + b"\n", ["a"]),
    "backslashes alone": (b"FROM a\nRUN x " + b"\\" * 60_000 + b"\n", ["a"]),
    "comments after a continuation": (b"FROM a\nRUN x \\\n" + b"# \\\n" * 12_000, ["a"]),
    "pairs that end in none": (b"FROM a\nENV " + b"A=b \\\n" * 8_000 + b"c\n", REFUSED),
    "strings that end in none": (b"FROM a\nCMD [" + b'"a", ' * 12_000 + b"\n", ["a"]),
    "blank lines alone": (b" \n" * 30_000 + b"x", REFUSED),
    "a stage number too large": (b"FROM a\nCOPY --from=" + b"9" * 5_000 + b" /a /b\n", REFUSED),
    "a port too large": (b"FROM a\nEXPOSE " + b"9" * 5_000 + b"\n", REFUSED),
    "a signal too large": (b"FROM a\nSTOPSIGNAL " + b"9" * 5_000 + b"\n", REFUSED),
    "retries too many": (
        b"FROM a\nHEALTHCHECK --retries=" + b"9" * 5_000 + b" CMD true\n",
        REFUSED,
    ),
    "an owner too large": (
        b"FROM a\nRUN --mount=type=cache,target=/x,uid=" + b"9" * 5_000 + b" true\n",
        REFUSED,
    ),
    "no name after FROM": (b"FROM\n", REFUSED),
    "a directive given twice": (b"# escape=`\n# escape=`\nFROM a\n", REFUSED),
    "carriage returns alone": (b"FROM a\rRUN x\r", REFUSED),
}


def found_in(data: bytes) -> list[str] | None:
    try:
        images = resolve(parse(data)).images
    except DockerfileError:
        return REFUSED
    return [image.repository.removeprefix("library/") for image in images]


@pytest.mark.parametrize("name", HOSTILE)
def test_it_has_references_or_a_clean_error(name: str) -> None:
    data, expected = HOSTILE[name]
    assert found_in(data) == expected


def test_the_command_says_something_of_every_file(tmp_path: Path) -> None:
    paths = []
    for number, (data, _) in enumerate(HOSTILE.values()):
        file = tmp_path / f"{number}.Dockerfile"
        file.write_bytes(data)
        paths.append(str(file))

    result = CliRunner().invoke(
        app, ["references", "-", "--json"], input="\n".join([*paths, str(tmp_path), ""])
    )

    assert result.exit_code == 0, result.output
    *lines, folder = [json.loads(line) for line in result.output.splitlines()]
    for path, line, (name, (_, expected)) in zip(paths, lines, HOSTILE.items(), strict=True):
        assert line["file"] == path
        assert bool(line["references"]) == (expected is not REFUSED), name
        if expected is REFUSED:
            assert line["error"].startswith(path), name
    assert "no regular file" in folder["error"]


@pytest.mark.parametrize("value", ["error=true", "skip=all;error=true", "error=true;skip=X"])
def test_lint_that_is_an_error_changes_no_reference(value: str) -> None:
    """`# check=error=true`: BuildKit may refuse to *build* for its lint, and says so then.

    What the file depends on stays as it is, so a plan takes no part in it.
    """
    lints = b"from a as B\nMAINTAINER me\nCMD echo\n"
    directive = f"# check={value}\n".encode()
    assert found_in(directive + lints) == found_in(lints) == ["a"]
