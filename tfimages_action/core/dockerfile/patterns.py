"""The shell patterns of `${X#p}`, `${X%p}` and `${X/p/r}`: `*`, `?` and escapes, no brackets."""

from __future__ import annotations

import re
from typing import Final

_LITERAL: Final = frozenset("[]{}.+()|^$")
_ESCAPABLE: Final = frozenset("*?\\")
_TEMPLATE: Final = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")


class PatternError(ValueError):
    """No pattern that BuildKit takes."""


def trim_prefix(pattern: str, value: str, *, greedy: bool) -> str:
    """`${X#p}` (`greedy`: `${X##p}`)."""
    found = _compile(pattern, greedy=greedy, anchored=True).match(value)
    return value[found.end() :] if found else value


def trim_suffix(pattern: str, value: str, *, greedy: bool) -> str:
    """`${X%p}` (`greedy`: `${X%%p}`): a prefix of the reversed value."""
    return trim_prefix(_reversed(pattern), value[::-1], greedy=greedy)[::-1]


def replace(pattern: str, replacement: str, value: str, *, everywhere: bool) -> str:
    """`${X/p/r}` (`everywhere`: `${X//p/r}`)."""
    expression = _compile(pattern, greedy=True, anchored=False)
    if not everywhere:
        found = expression.search(value)
        return value[: found.start()] + replacement + value[found.end() :] if found else value
    parts: list[str] = []
    end = 0
    last = -1
    for found in expression.finditer(value):
        if found.start() == found.end() == last:
            continue  # Go takes no empty match right after another one
        parts += [value[end : found.start()], _filled(replacement, found.group())]
        end = last = found.end()
    return "".join([*parts, value[end:]])


def _filled(template: str, matched: str) -> str:
    # BuildKit hands the text to Go's ReplaceAllString, for which `$0` is the match.
    def fill(found: re.Match[str]) -> str:
        name = found.group(1) or found.group(2)
        return ("$" if name is None else matched) if name in (None, "0") else ""

    return _TEMPLATE.sub(fill, template)


def _reversed(pattern: str) -> str:
    out = ""
    position = 0
    while position < len(pattern):
        width = 2 if pattern[position] == "\\" and position + 1 < len(pattern) else 1
        out = pattern[position : position + width] + out
        position += width
    return out


def _compile(pattern: str, *, greedy: bool, anchored: bool) -> re.Pattern[str]:
    out = "^" if anchored else ""
    chars = iter(range(len(pattern)))
    for index in chars:
        char = pattern[index]
        if char == "*":
            out += ".*" if greedy else ".*?"
        elif char == "?":
            out += "."
        elif char == "\\":
            following = pattern[index + 1 : index + 2]
            if following in ("}", "/"):
                continue
            if following not in _ESCAPABLE:
                raise PatternError(f"invalid escape in the pattern {pattern!r}")
            out += "\\" + following
            next(chars)
        else:
            out += "\\" + char if char in _LITERAL else char
    return re.compile(out)
