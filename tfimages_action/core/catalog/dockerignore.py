"""What a `.dockerignore` keeps out of a build, read and matched as BuildKit does.

BuildKit's own: https://github.com/moby/patternmatcher (`ignorefile.ReadAll`, then
`MatchesUsingParentResults` on the way down). The docker SDK's matcher speaks another dialect:
there `**.log` leaves logs in, `[^a]` is no negation, and what nobody could mean is not refused.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

Matcher = Callable[[str], bool]
"""Takes a path relative to the context (or to a named context's folder): is it left out?"""

_COMMENT: Final = "#"
_EXCEPTION: Final = "!"
_SPECIAL: Final = re.compile(r"[*?\[\]\\]")
_WITHIN_A_NAME: Final = "[^/]"
_ANY_FOLDERS: Final = "(?:.*/)?"


class IgnorePatternError(ValueError):
    """A line that BuildKit refuses to build with."""

    def __init__(self, line: int, pattern: str) -> None:
        super().__init__(f"`{pattern}` is no pattern")
        self.line = line


class _Rule(NamedTuple):
    matches: Callable[[str], object]
    is_exception: bool


def docker_ignore(text: str) -> Matcher | None:
    """Read a .dockerignore; `None` where it excludes nothing. Raises `IgnorePatternError`."""
    rules = tuple(_rules(text))
    return _DockerIgnore(rules).excludes if rules else None


class _DockerIgnore:
    """The rules of one file, and which of them held for the folders met so far."""

    def __init__(self, rules: tuple[_Rule, ...]) -> None:
        self._rules = rules
        self._folders = {"": (False,) * len(rules)}

    def excludes(self, path: str) -> bool:
        """Tell whether the path stays out of the context: the last rule that holds decides."""
        return self._look(path)[0]

    def _look(self, path: str) -> tuple[bool, tuple[bool, ...]]:
        """Whether it stays out, and which rules hold: as for its folder, and by its path.

        A rule that would change nothing is not asked: so it does not hold for what lies below.
        """
        excluded = False
        hits = []
        for rule, held in zip(self._rules, self._of(path.rpartition("/")[0]), strict=True):
            hit = held or (rule.is_exception is excluded and bool(rule.matches(path)))
            hits.append(hit)
            if hit:
                excluded = not rule.is_exception
        return excluded, tuple(hits)

    def _of(self, folder: str) -> tuple[bool, ...]:
        if folder not in self._folders:
            self._folders[folder] = self._look(folder)[1]
        return self._folders[folder]


def _rules(text: str) -> Iterator[_Rule]:
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if line.startswith(_COMMENT):
            continue
        written = line.strip()
        is_exception = written.startswith(_EXCEPTION)
        pattern = written.removeprefix(_EXCEPTION).strip()
        if not written:
            continue
        try:
            matches = re.compile(_expression(_cleaned(pattern)), re.DOTALL).fullmatch
        except ValueError:
            raise IgnorePatternError(number, written) from None
        yield _Rule(matches, is_exception)


def _cleaned(pattern: str) -> str:
    if not pattern:
        raise ValueError
    # Two slashes in front mean something else to POSIX, and so to `normpath`, alone.
    return posixpath.normpath(pattern).lstrip("/")


def _expression(pattern: str) -> str:
    """The pattern as a regular expression for whole paths. Raises `ValueError`."""
    if pattern.startswith("**") and not _SPECIAL.search(pattern[2:]):
        end = pattern[2:]  # `**.log` is the end of a name, `**/x` a whole one
        return (_ANY_FOLDERS if end.startswith("/") else ".*") + re.escape(end.lstrip("/"))
    found = ""
    at = 0
    while at < len(pattern):
        if pattern.startswith("**", at):
            at += 3 if pattern.startswith("**/", at) else 2
            found += _ANY_FOLDERS if at < len(pattern) else ".*"
            continue
        match pattern[at]:
            case "*":
                found += f"{_WITHIN_A_NAME}*"
            case "?":
                found += _WITHIN_A_NAME
            case "[":
                part, at = _one_of(pattern, at + 1)
                found += part
                continue
            case _:
                literal, at = _literal(pattern, at)
                found += re.escape(literal)
                continue
        at += 1
    return found


def _one_of(pattern: str, at: int) -> tuple[str, int]:
    """A class from behind its `[`, and where the pattern goes on."""
    negated = pattern.startswith("^", at)
    at += negated
    ranges = ""
    while not (ranges and pattern.startswith("]", at)):
        low, at = _member(pattern, at)
        high = low
        if pattern.startswith("-", at):
            high, at = _member(pattern, at + 1)
        if low > high:
            raise ValueError
        ranges += f"{re.escape(low)}-{re.escape(high)}"
    return f"[{'^' if negated else ''}{ranges}]", at + 1


def _member(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at : at + 1] in {"", "-", "]"}:
        raise ValueError
    return _literal(pattern, at)


def _literal(pattern: str, at: int) -> tuple[str, int]:
    """One character, which a backslash may stand before."""
    at += pattern[at] == "\\"
    if at == len(pattern):
        raise ValueError
    return pattern[at], at + 1
