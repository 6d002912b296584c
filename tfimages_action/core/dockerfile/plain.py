"""The instructions of a plain Dockerfile, read without the parser: most of the time it costs.

Only what is understood beyond doubt is read here, just as the parser would: printable ASCII, no
heredocs, no directive but `# syntax=`, and of each instruction the usual forms. At the first
thing beyond that the whole file is left to the parser, so nothing is ever refused here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from tfimages_action.core.dockerfile.instructions import check, read_flags
from tfimages_action.core.dockerfile.model import Instruction, LineError

LONGEST: Final = 65_535
"""BuildKit refuses longer lines; leave it to it."""
_PLAIN: Final = bytes((0x09, 0x0A, *range(0x20, 0x7F)))
_SYNTAX: Final = re.compile(r"# ?syntax ?= ?[\w./:@-]+", re.ASCII)
_BLANKS: Final = " \t"
_FLAG: Final = re.compile(r"--[a-z-]+(?:=[^\s'\"\\]*)?(?:[ \t]+|\Z)")
_JSON: Final = re.compile(r'\[[ \t]*"[^"\\\t]*"(?:[ \t]*,[ \t]*"[^"\\\t]*")*[ \t]*\]')
_STRING: Final = re.compile(r'"([^"]*)"')
_PAIRS: Final = re.compile(r"""(?:[^\s='"\\]+=(?:"[^"\\]*"|[^\s'"\\]*)(?:[ \t]+|\Z))+""")
_PAIR: Final = re.compile(r"""([^\s='"\\]+)=("[^"\\]*"|[^\s'"\\]*)""")
_SHELL: Final = re.compile(r"[Rr][Uu][Nn] [ \t]*[^-\[\\ \t]")
_Flags = tuple[tuple[str, str], ...]
_Arguments = tuple[tuple[str, ...], _Flags, bool]
"""Words, flags, whether they are JSON."""
_Read = tuple[str, tuple[str, ...], _Flags, bool]
_ARG: Final = re.compile(r"""\w+(?:=(?:"[^"\\]*"|[^\s'"\\]*))?""", re.ASCII)


class _NotPlainError(Exception):
    """The parser shall look at it."""


def plain_instructions(data: bytes) -> list[Instruction] | None:
    """Every instruction in order, checked; `None` for a file that is not plain and right."""
    if len(data) > LONGEST or b"<<" in data or data.translate(None, _PLAIN):
        return None
    lines = data.decode("ascii").split("\n")
    if not _without_directives(lines):
        return None
    try:
        return _instructions(lines) or None
    except (_NotPlainError, LineError):
        return None


def _without_directives(lines: list[str]) -> bool:
    """Whether what the file begins with directs nothing, but for the frontend."""
    for line in lines[1:] if _SYNTAX.fullmatch(lines[0]) else lines:
        text = line.lstrip(_BLANKS)
        if text:
            return text[0] != "#" or not ("=" in text or text.startswith("#!"))
    return False


def _instructions(lines: list[str]) -> list[Instruction]:
    found: list[Instruction] = []
    rows = enumerate(lines, 1)
    for number, row in rows:
        line = row.strip(_BLANKS)
        if not line or line[0] == "#":
            continue
        if line[0] in "Rr" and _SHELL.match(line):
            if line[-1] == "\\":
                _continued(line, rows)
            found.append(Instruction("run", number, ()))
            continue
        if line[-1] == "\\":
            line = _continued(line, rows).strip(_BLANKS)
        name, words, flags, json = _read(line)
        found.append(Instruction(name, number, words, flags, json))
    return found


@lru_cache(maxsize=8192)
def _read(line: str) -> _Read:
    """One instruction. Files of one repository have most of their lines in common."""
    name, _, rest = line.partition(" ")
    name = name.lower()
    rest = rest.lstrip(_BLANKS)
    read = _READERS.get(name)
    if read is None or not rest:
        raise _NotPlainError
    words, flags, json = read(name, rest)
    check(Instruction(name, 0, words, flags, json))
    return name, words, flags, json


def _continued(line: str, rows: Iterator[tuple[int, str]]) -> str:
    """The line with those that continue it."""
    whole = ""
    while line[-1:] == "\\":
        if line[-2:-1] == "\\":
            raise _NotPlainError
        whole += line[:-1]
        for _, row in rows:
            text = row.lstrip(_BLANKS)
            if text and text[0] != "#":
                line = row.rstrip(_BLANKS)
                break
        else:
            raise _NotPlainError
    return whole + line


def _flags(name: str, rest: str) -> tuple[_Flags, str]:
    written: list[str] = []
    while rest.startswith("--"):
        flag = _FLAG.match(rest)
        if flag is None:
            raise _NotPlainError
        written.append(flag.group().rstrip(_BLANKS))
        rest = rest[flag.end() :]
    if not rest:
        raise _NotPlainError
    return read_flags(name, tuple(written)), rest


def _words(name: str, rest: str) -> _Arguments:
    flags: _Flags = ()
    if rest[0] == "-":
        if name not in _WITH_FLAGS:
            raise _NotPlainError
        flags, rest = _flags(name, rest)
    if rest[0] == "[" or "\\" in rest:
        raise _NotPlainError
    return tuple(rest.split()), flags, False


def _run(name: str, rest: str) -> _Arguments:
    flags, rest = _flags(name, rest)
    if rest[0] in "-[\\":
        raise _NotPlainError
    return (), flags, False


def _text(_: str, rest: str) -> _Arguments:
    if rest[0] in "-[" or "\\" in rest:
        raise _NotPlainError
    return (rest,), (), False


def _command(name: str, rest: str) -> _Arguments:
    if rest[0] != "[":
        return _text(name, rest)
    if not _JSON.fullmatch(rest):
        raise _NotPlainError
    return tuple(_STRING.findall(rest)), (), True


def _list(name: str, rest: str) -> _Arguments:
    return (_command if rest[0] == "[" else _words)(name, rest)


def _pairs(_: str, rest: str) -> _Arguments:
    if rest[0] == "-" or not _PAIRS.fullmatch(rest):
        raise _NotPlainError
    return tuple([text for pair in _PAIR.findall(rest) for text in pair]), (), False


def _arg(_: str, rest: str) -> _Arguments:
    if not _ARG.fullmatch(rest):
        raise _NotPlainError
    return (rest,), (), False


_WITH_FLAGS: Final = frozenset(("add", "copy", "from"))
_READERS: Final[Mapping[str, Callable[[str, str], _Arguments]]] = {
    "add": _words,
    "arg": _arg,
    "cmd": _command,
    "copy": _words,
    "entrypoint": _command,
    "env": _pairs,
    "expose": _words,
    "from": _words,
    "label": _pairs,
    "run": _run,
    "user": _text,
    "volume": _list,
    "workdir": _text,
}
