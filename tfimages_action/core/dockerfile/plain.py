"""The instructions of a plain Dockerfile, read without the parser: most of the time it costs.

Only what is understood beyond doubt is read here, just as the parser would: printable ASCII, no
heredocs, no directive but `# syntax=`, and of each instruction the usual forms. At the first
thing beyond that the whole file is left to the parser, so nothing is ever refused here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from tfimages_action.core.dockerfile.instructions import read_flags
from tfimages_action.core.dockerfile.model import Instruction, LineError

_LONGEST: Final = 65_535
"""BuildKit refuses longer lines; leave it to it."""
_NOT_PLAIN: Final = re.compile(rb"[^\n\t -~]|<<")
_SYNTAX: Final = re.compile(r"# ?syntax ?= ?[\w./:@-]+", re.ASCII)
_BLANKS: Final = " \t"
_FLAG: Final = re.compile(r"--[a-z-]+(?:=[^\s'\"\\]*)?(?:[ \t]+|\Z)")
_JSON: Final = re.compile(r'\[[ \t]*"[^"\\\t]*"(?:[ \t]*,[ \t]*"[^"\\\t]*")*[ \t]*\]')
_STRING: Final = re.compile(r'"([^"]*)"')
_PAIRS: Final = re.compile(r"""(?:[^\s='"\\]+=(?:"[^"\\]*"|[^\s'"\\]*)(?:[ \t]+|\Z))+""")
_PAIR: Final = re.compile(r"""([^\s='"\\]+)=("[^"\\]*"|[^\s'"\\]*)""")
_ARG: Final = re.compile(r"""\w+(?:=(?:"[^"\\]*"|[^\s'"\\]*))?""", re.ASCII)


class _NotPlainError(Exception):
    """The parser shall look at it."""


def plain_instructions(data: bytes) -> list[Instruction] | None:
    """Every instruction in order, not yet checked; `None` for a file that is not plain."""
    if len(data) > _LONGEST or _NOT_PLAIN.search(data):
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
        name, _, rest = line.partition(" ")
        name = name.lower()
        rest = rest.lstrip(_BLANKS)
        if name == "run" and rest and rest[0] not in "-[\\":
            if line[-1] == "\\":
                _continued(line, rows)
            found.append(Instruction("run", number, ()))
            continue
        read = _READERS.get(name)
        if read is None or not rest:
            raise _NotPlainError
        if line[-1] == "\\":
            rest = _continued(rest, rows).strip(_BLANKS)
        found.append(read(name, number, rest))
    return found


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


def _flags(name: str, rest: str) -> tuple[tuple[tuple[str, str], ...], str]:
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


def _words(name: str, line: int, rest: str) -> Instruction:
    flags: tuple[tuple[str, str], ...] = ()
    if rest[0] == "-":
        if name not in _WITH_FLAGS:
            raise _NotPlainError
        flags, rest = _flags(name, rest)
    if rest[0] == "[" or "\\" in rest:
        raise _NotPlainError
    return Instruction(name, line, tuple(rest.split()), flags)


def _run(name: str, line: int, rest: str) -> Instruction:
    flags, rest = _flags(name, rest)
    if rest[0] in "-[\\":
        raise _NotPlainError
    return Instruction(name, line, (), flags)


def _text(name: str, line: int, rest: str) -> Instruction:
    if rest[0] in "-[" or "\\" in rest:
        raise _NotPlainError
    return Instruction(name, line, (rest,))


def _command(name: str, line: int, rest: str) -> Instruction:
    if rest[0] != "[":
        return _text(name, line, rest)
    if not _JSON.fullmatch(rest):
        raise _NotPlainError
    return Instruction(name, line, tuple(_STRING.findall(rest)), (), True)


def _list(name: str, line: int, rest: str) -> Instruction:
    return (_command if rest[0] == "[" else _words)(name, line, rest)


def _pairs(name: str, line: int, rest: str) -> Instruction:
    if rest[0] == "-" or not _PAIRS.fullmatch(rest):
        raise _NotPlainError
    return Instruction(name, line, tuple([text for pair in _PAIR.findall(rest) for text in pair]))


def _arg(name: str, line: int, rest: str) -> Instruction:
    if not _ARG.fullmatch(rest):
        raise _NotPlainError
    return Instruction(name, line, (rest,))


_WITH_FLAGS: Final = frozenset(("add", "copy", "from"))
_READERS: Final[Mapping[str, Callable[[str, int, str], Instruction]]] = {
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
