"""Spare the parser what nobody reads: the shell text of RUN, and comments.

The parser looks at every character several times by regular expressions, and hands back what it
was given. Shell commands are most of a Dockerfile; none of them can name an image. Lines keep
their numbers.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from tfimages_action.core.dockerfile.words import SPACES

_LONGEST_LINE: Final = 65_535
"""BuildKit refuses longer lines; leave it to it."""
_INDENT: Final = "".join(sorted(SPACES - {"\n"}))
"""What may stand before the `#` of a comment."""


@cache
def _blocks(escape: str) -> re.Pattern[str]:
    """One comment, blank line or instruction after the other; group 1: a RUN that can go.

    `(?>(...)*)` stands for `(...)*+`, at which Python before 3.11.5 goes wrong:
    https://github.com/python/cpython/issues/106052.
    """
    token = re.escape(escape)
    turn = r"[ \t]*\r*\n"
    plain = rf"[^\n{token}]*+"
    continued = rf"{plain}(?>(?:{token}(?!{turn}){plain})*)(?<!{token}){token}{turn}"
    skipped = rf"[{_INDENT}]*(?:\#[^\n]*)?\n"
    shell = rf"[ \t]*[Rr][Uu][Nn][ \t]+(?=[^-\[{token}\s\x01])"
    rest = rf"(?>{continued}(?>(?:{skipped}|{continued})*)[^\n]*|[^\n]*)"
    comment = r"[ \t]*\#"
    end = r"(?:\n|\Z)"
    others = rf"(?>(?:(?!{shell}|{comment}|\Z){rest}{end})+)"
    return re.compile(rf"{others}|(?:({shell}{rest})|({comment}[^\n]*)){end}")


def abridge(text: str, escape: str, head: int) -> str:
    """The text without the shell text of RUNs; its first `head` lines stay (directives)."""
    if len(text) > _LONGEST_LINE:
        return text
    start = 0
    for _ in range(head):
        start = text.find("\n", start) + 1 or len(text)

    def short(block: re.Match[str]) -> str:
        if block.group(1):
            return "RUN x" + (escape + "\n") * block.group(1).count("\n") + "x\n"
        return "#\n" if block.group(2) else block.group()

    return text[:start] + _blocks(escape).sub(short, text[start:])
