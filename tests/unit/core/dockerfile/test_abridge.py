"""What the parser no longer sees changes nothing of what it says."""

from __future__ import annotations

from typing import Any

import dockerfile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfimages_action.core.dockerfile.abridge import abridge

LINES = st.sampled_from(
    (
        *("FROM a", "RUN x", "run x \\", "RUN x \\\\", "RUN --mount=a x \\", 'RUN ["a"]', "RUN"),
        *("  && y \\", "  z", "# c", "   # c \\", "", "  ", "ENV a=b \\", "COPY a b", "RUN x `"),
        *("\\", "RUN \\", "RUN x\\ \t", "HEALTHCHECK CMD \\", "RUN x \\\r", "\r"),
        *("\u00a0# c", "\u3000 # c \\", "\x85", "\u2028", "\u200b", "\x1c"),
    )
)


def _said(text: str) -> Any:
    try:
        commands = dockerfile.parse_string(text)
    except dockerfile.GoParseError as error:
        return str(error).partition(":")[0]
    return [
        (
            c.cmd.lower(),
            c.sub_cmd,
            c.json,
            c.start_line,
            c.flags,
            c.cmd.lower() != "run" and c.value,
        )
        for c in commands
        if c.cmd
    ]


@given(st.lists(LINES, max_size=12), st.sampled_from(("", "\n")))
def test_instructions_stay_the_same(lines: list[str], end: str) -> None:
    text = "\n".join(lines) + end
    assert _said(abridge(text, "\\", 0)) == _said(text)


@given(st.lists(LINES, max_size=12))
def test_with_another_escape_too(lines: list[str]) -> None:
    text = "\n".join(["# escape=`", *lines, "FROM x"]).replace("\\", "`")
    assert _said(abridge(text, "`", 1)) == _said(text)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("FROM a\nRUN long \\\n# c\n  long\nCMD x\n", "FROM a\nRUN x\\\n\\\nx\nCMD x\n"),
        ("# a comment\nFROM a\n", "#\nFROM a\n"),
        ("CMD \\\n  RUN this is no instruction\n", "CMD \\\n  RUN this is no instruction\n"),
    ],
)
def test_shell_text_and_comments_go(text: str, short: str) -> None:
    assert abridge(text, "\\", 0) == short
