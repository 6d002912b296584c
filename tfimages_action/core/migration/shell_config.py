"""Reads the plain assignments of a shell file. Nothing in it is ever executed.

What a value would need a shell for (a command's output, arithmetic, a pattern) is not read, and
said so.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_PREFIX: Final = r"^[ \t]*(?:(?:export|readonly|declare(?:[ \t]+-\w+)*)[ \t]+)?"
_ASSIGNMENT: Final = re.compile(
    rf"{_PREFIX}[A-Za-z_]\w*="
    r"(?P<value>\([^()]*\)|(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|\\.|[^\s;#'\"()])*)"
    r"[ \t]*(?:;[ \t]*)?(?:#[^\n]*)?$",
    re.MULTILINE | re.DOTALL,
)
_LOOKS_LIKE_ONE: Final = re.compile(rf"{_PREFIX}([A-Za-z_]\w*)\+?=", re.MULTILINE)
_VARIABLE: Final = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_SINGLE_QUOTED: Final = re.compile(r"'[^']*'")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellConfig:
    """The values of a shell file: each a list of words, one of them for a plain variable."""

    values: Mapping[str, tuple[str, ...]]
    unread: tuple[str, ...] = ()
    """Names of variables whose values only a shell could tell."""

    def words(self, name: str) -> tuple[str, ...]:
        """A list's words, however it was written: an array, or text with spaces."""
        return tuple(word for value in self.values.get(name, ()) for word in value.split())


def read_shell_config(text: str) -> ShellConfig:
    """Read the assignments, the last of a name winning as in a shell."""
    values: dict[str, tuple[str, ...]] = {}
    unread: dict[str, None] = {}
    end = 0
    for start in _LOOKS_LIKE_ONE.finditer(text):
        if start.start() < end:
            # Inside of the value before.
            continue
        name, match = start[1], _ASSIGNMENT.match(text, start.start())
        words = _words(match["value"], values) if match else None
        end = match.end() if match else start.end()
        if words is None:
            values.pop(name, None)
            unread[name] = None
        else:
            values[name] = words
            unread.pop(name, None)
    return ShellConfig(values=values, unread=tuple(unread))


def _words(written: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    body = written[1:-1] if written.startswith("(") else written
    expanded = _expanded(body, known)
    if expanded is None:
        return None
    try:
        words = tuple(shlex.split(expanded, comments=True))
    except ValueError:
        return None
    return words if written.startswith("(") else (" ".join(words),)


def _expanded(body: str, known: Mapping[str, tuple[str, ...]]) -> str | None:
    """Put in earlier variables, outside of single quotes; `None` where only a shell could."""
    parts: list[str] = []
    end = 0
    for quoted in _SINGLE_QUOTED.finditer(body):
        parts += [body[end : quoted.start()], quoted[0]]
        end = quoted.end()
    parts.append(body[end:])
    for index in range(0, len(parts), 2):
        part = parts[index]
        names = {match[1] or match[2] for match in _VARIABLE.finditer(part)}
        if not names <= known.keys() or re.search(r"[$`]", _VARIABLE.sub("", part)):
            return None
        parts[index] = _VARIABLE.sub(lambda match: " ".join(known[match[1] or match[2]]), part)
    return "".join(parts)
