r"""The plainest Dockerfile as one regular expression, put together from named parts.

One stage on one image; below its FROM nothing that could name another image, declare an arg, use
a variable or be refused. It is for ASCII without `<<`, and takes a part of what plain.py reads
and `finds_nothing` in replay.py lets pass.

There is one way at most to match a line, and no character class gives back what it took (`*+`,
`++`): the time it takes grows with the file's length, whatever is in it. (Groups are not marked
so: Python before 3.11.5 goes wrong on those, https://github.com/python/cpython/issues/106052.)
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_CONTROL: Final = r"\0-\x08\n-\x1f\x7f"
"""For use in `[^...]`: what stands in no line, control characters but the tab."""
_ANY: Final = r"[\t -~]*+"
_TEXT: Final = r"[\t -\[\]-~]*+"
"""Any part of a line, without backslashes. (To say what is taken is quicker than what is not.)"""
_GAP: Final = r"[ \t]++"
_BLANKS: Final = r"[ \t]*+"
_END: Final = rf"{_BLANKS}\n"
_IDLE: Final = rf"(?:\#{_ANY})?\n"
"""A comment or a blank line, but for the blanks it begins with."""
_CONTINUED: Final = rf"(?<!\\)\\{_END}(?:{_BLANKS}{_IDLE})*(?!{_BLANKS}[\#\n])"
"""The end of a line that goes on below, and all of the comments and blank lines in between."""

_SYNTAX: Final = r"\# ?syntax ?= ?[\w./:@-]++\n"
_NO_DIRECTIVE: Final = r"(?!\s*+\#(?:!|[^\n]*=))"
"""The next thing that is not blank is no directive, and nothing like one."""
_ARG_NAME: Final = r"\w++"
_ARG_DEFAULT: Final = rf"""(?:"[^"\\{_CONTROL}]*+"|[^ \t'"\\{_CONTROL}]*+)"""
_ARG: Final = rf"ARG {_BLANKS}{_ARG_NAME}(?:={_ARG_DEFAULT})?{_END}"
_HEAD: Final = rf"(?:{_SYNTAX})?{_NO_DIRECTIVE}(?:{_BLANKS}(?:{_IDLE}|{_ARG}))*"
_BASE: Final = rf"(?![-\[])[^ \t\\{_CONTROL}]++"
_STAGE_NAME: Final = r"[A-Za-z][A-Za-z\d]{0,31}+(?:[._-][A-Za-z\d]{1,31}+){0,5}"
_FROM: Final = rf"FROM {_BLANKS}({_BASE})(?:{_GAP}[Aa][Ss]{_GAP}({_STAGE_NAME}))?{_END}"

_SHELL: Final = rf"{_TEXT}(?:(?:\\(?!{_END})|{_CONTINUED}){_TEXT})*\n"
"""One command, in one or more lines."""
_RUN: Final = rf"RUN {_BLANKS}(?![-\[\\\n]){_SHELL}"
_PATH: Final = r"(?!github\.com/)[\w./*?+,=@-]++"
_PATHS: Final = rf"(?!-){_PATH}(?:{_GAP}{_PATH})"
_COPY: Final = rf"(?:COPY|ADD) {_BLANKS}{_PATHS}+{_END}"
_NAME: Final = rf"""[^ \t='"\\$`{_CONTROL}]++"""
_VALUE: Final = rf"""(?:[^ \t'"\\$`{_CONTROL}]++|"[^"\\$`{_CONTROL}]*+")"""
_PAIR: Final = f"{_NAME}={_VALUE}"
_PAIRS: Final = (
    rf"(?:ENV|LABEL) {_BLANKS}(?!-){_PAIR}(?:{_GAP}(?:{_CONTINUED}{_BLANKS})*{_PAIR})*{_END}"
)
_STRING: Final = r'"[ !#-\[\]-~]*+"'
_JSON: Final = rf"\[{_BLANKS}{_STRING}(?:{_BLANKS},{_BLANKS}{_STRING})*{_BLANKS}\]"
_COMMAND: Final = rf"(?:CMD|ENTRYPOINT) {_BLANKS}(?:{_JSON}{_END}|(?![-\[\n]){_TEXT}\n)"
_PORT: Final = r"[1-5]?\d{1,4}(?:/(?:tcp|udp))?"
_EXPOSE: Final = rf"EXPOSE {_BLANKS}{_PORT}(?:{_GAP}{_PORT})*{_END}"
_VOLUME: Final = rf"VOLUME {_BLANKS}{_PATHS}*{_END}"
_WORKDIR: Final = rf"WORKDIR {_BLANKS}(?!-){_PATH}{_END}"
_USER: Final = rf"USER {_BLANKS}[\w.:]++{_END}"
_BELOW: Final = f"{_IDLE}|{_RUN}|{_COPY}|{_PAIRS}|{_COMMAND}|{_EXPOSE}|{_VOLUME}|{_WORKDIR}|{_USER}"


@cache
def plainest() -> re.Pattern[str]:
    """For the whole file; groups: what stands above the FROM, its image, its stage's name."""
    return re.compile(rf"({_HEAD}){_BLANKS}{_FROM}(?:{_BLANKS}(?:{_BELOW}))*", re.ASCII)


ARG_LINE: Final = re.compile(
    rf"^{_BLANKS}ARG {_BLANKS}({_ARG_NAME})(?:=({_ARG_DEFAULT}))?", re.ASCII | re.MULTILINE
)
"""An arg above the FROM; groups: its name, its default."""
