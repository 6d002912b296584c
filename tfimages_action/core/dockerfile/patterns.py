"""The shell patterns of `${X#p}`, `${X%p}` and `${X/p/r}`: `*`, `?` and escapes, no brackets.

Matched step by step, since a regular expression with many `*` may take forever on a long value.
"""

from __future__ import annotations

import re
from typing import Final

_ANY: Final = ""
_MANY: Final = "*"
_ESCAPED: Final = "\\"
_TEMPLATE: Final = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")


class PatternError(ValueError):
    """No pattern that BuildKit takes."""


def trim_prefix(pattern: str, value: str, *, greedy: bool) -> str:
    """`${X#p}` (`greedy`: `${X##p}`)."""
    end = _end(_tokens(pattern), value, 0, greedy=greedy)
    return value if end is None else value[end:]


def trim_suffix(pattern: str, value: str, *, greedy: bool) -> str:
    """`${X%p}` (`greedy`: `${X%%p}`): a prefix of the reversed value."""
    end = _end(_tokens(pattern)[::-1], value[::-1], 0, greedy=greedy)
    return value if end is None else value[: len(value) - end]


def replace(pattern: str, replacement: str, value: str, *, everywhere: bool) -> str:
    """`${X/p/r}` (`everywhere`: `${X//p/r}`)."""
    tokens = _tokens(pattern)
    out = ""
    start = 0
    last = -1
    while start <= len(value):
        end = _end(tokens, value, start, greedy=True)
        if end is None or end == start == last:  # Go takes no empty match right after another
            out += value[start : start + 1]
            start += 1
            continue
        if not everywhere:
            return out + replacement + value[end:]
        out += _filled(replacement, value[start:end])
        last = end
        if end == start:
            out += value[start : start + 1]
            end += 1
        start = end
    return out


def _filled(template: str, matched: str) -> str:
    # BuildKit hands the text to Go's ReplaceAllString, for which `$0` is the match.
    def fill(found: re.Match[str]) -> str:
        name = found.group(1) or found.group(2)
        return ("$" if name is None else matched) if name in (None, "0") else ""

    return _TEMPLATE.sub(fill, template)


def _tokens(pattern: str) -> list[str]:
    """One token for each letter: itself, `_ANY`, `_MANY`, or an escaped sign with its escape."""
    tokens: list[str] = []
    index = 0
    while index < len(pattern):
        char = pattern[index]
        following = pattern[index + 1 : index + 2]
        index += 1
        if char == "\\" and following in ("}", "/"):
            continue
        if char == "\\":
            if following not in ("*", "?", "\\"):
                raise PatternError(f"invalid escape in the pattern {pattern!r}")
            tokens.append(_ESCAPED + following)
            index += 1
        else:
            tokens.append(_ANY if char == "?" else char)
    return tokens


def _end(tokens: list[str], value: str, start: int, *, greedy: bool) -> int | None:
    """Where the longest (`greedy`) or shortest match that begins at the start ends."""
    found: int | None = None
    states = _past_stars({0}, tokens)
    for position in range(start, len(value) + 1):
        if len(tokens) in states:
            found = position
            if not greedy:
                return found
        if not states or position == len(value):
            break
        states = _past_stars(_step(states, tokens, value[position]), tokens)
    return found


def _step(states: set[int], tokens: list[str], char: str) -> set[int]:
    after: set[int] = set()
    for state in states:
        token = tokens[state] if state < len(tokens) else None
        if token == _MANY:
            if char != "\n":
                after.add(state)
        elif (token == _ANY and char != "\n") or (token and token[-1] == char):
            after.add(state + 1)
    return after


def _past_stars(states: set[int], tokens: list[str]) -> set[int]:
    """The states with those that a star, which may match nothing, leads to."""
    waiting = list(states)
    while waiting:
        state = waiting.pop()
        if state < len(tokens) and tokens[state] == _MANY and state + 1 not in states:
            states.add(state + 1)
            waiting.append(state + 1)
    return states
