"""A Dockerfile's bytes made ready for the parser, and what that parser does not know.

The wheel carries BuildKit 0.12's parser. Newer BuildKits differ in what is mended here: a space
in `<< EOF`, heredocs beside newer expansions and inside ONBUILD, `# check=` before `# escape=`.
It also takes NUL for the end, and ends the process on text that is not valid Unicode.
"""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

from tfimages_action.core.dockerfile.abridge import abridge
from tfimages_action.core.dockerfile.model import Heredoc, LineError
from tfimages_action.core.dockerfile.words import SPACES, Lexer, WordError

SPACE_CHARS: Final = "".join(SPACES)
_HIDDEN: Final = "\x01\x02"
"""Stands for `<<` while the parser reads: it shall see no heredocs."""
_HIDDEN_BRACKET: Final = "\x01\x03"
"""Likewise for `[`: it shall see no JSON."""
_DIRECTIVE: Final = re.compile(
    rf"#[{SPACE_CHARS}]*([a-zA-Z][a-zA-Z0-9]*)[\t\f\r ]*=[\t\f\r ]*(.+?)[\t\f\r ]*"
)
_DIRECTIVES: Final = frozenset(("syntax", "escape", "check"))
BOOLEANS: Final = frozenset(
    ("1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False")
)
"""What Go reads as true or false."""
_BLANKS: Final = re.compile(r"[\t\v\f\r ]+")
_HEREDOC: Final = re.compile(r"(\d*)<<(-?)[\t\n\f\r ]*([^<]*)")
_TAKES_HEREDOCS: Final = frozenset(("run", "copy", "add"))
_SPLITTABLE: Final = re.compile("[^\0-\x7f]")
_CONTINUED: Final = {
    "\\": re.compile(r"(?<!\\)\\[ \t]*\Z"),
    "`": re.compile(r"(?<!`)`[ \t]*\Z"),
}


class SourceText(NamedTuple):
    """What to hand to the parser, and what it will not tell."""

    text: str
    escape: str
    heredocs: dict[int, tuple[Heredoc, ...]]
    """By the instruction's first line."""


def prepare(data: bytes) -> SourceText:
    """Read the bytes; the result has as many lines. Raises `LineError`."""
    text = data.decode("utf-8", "replace").replace("\0", "\ufffd")
    directives: dict[str, str] = {}
    if text.startswith("#!") and "check" in text:  # BuildKit looks for `check` past a `#!` line
        _directives(text.partition("\n")[2])
    if "=" in text and text.lstrip(SPACE_CHARS + "\ufeff").startswith("#"):
        text, directives = _directives(text)
    escape = directives.get("escape", "\\")
    heredocs: dict[int, tuple[Heredoc, ...]] = {}
    if "<<" in text:
        text, heredocs = _without_heredocs(text, escape)
    return SourceText(abridge(text, escape, len(directives)), escape, heredocs)


def unsplittable(text: str) -> str:
    """The text without letters that the parser takes apart, looking for blanks byte by byte.

    What comes of them names no image in BuildKit either.
    """
    return _SPLITTABLE.sub(lambda found: "\u3000" if found.group() in SPACES else "\ufffd", text)


def reveal(text: str) -> str:
    """Undo what `prepare` did to a piece of text."""
    return text.replace(_HIDDEN, "<<").replace(_HIDDEN_BRACKET, "[")


def without_half_json(text: str, escape: str) -> str:
    """The text without brackets of arguments that are JSON at their beginning alone.

    To the old parser `[1] && x` is a wrong list, to newer ones a shell command.
    """
    lines = text.split("\n")
    index = 0
    while index < len(lines):
        start = index
        line, index = _fold(lines, index, escape)
        name, _, rest = _triggered(line, escape)
        if name.lower() == "healthcheck":
            rest = rest.partition(" ")[2].lstrip(SPACE_CHARS)
        if rest.startswith("[") and not _is_json(rest):
            for number in range(start, index):
                lines[number] = lines[number].replace("[", _HIDDEN_BRACKET)
    return "\n".join(lines)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _directives(text: str) -> tuple[str, dict[str, str]]:
    lines = text.removeprefix("\ufeff").split("\n")
    seen: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        found = _DIRECTIVE.fullmatch(line.rstrip("\r").lstrip(SPACE_CHARS))
        key = found.group(1).lower() if found else ""
        if not found or key not in _DIRECTIVES:
            break
        if key in seen:
            raise LineError(f"only one {key} parser directive can be used", number)
        seen[key] = found.group(2)
    if not seen:
        return text, seen
    # To the old parser `check` is a comment, and ends the directives.
    known = [f"# {key}={value}" for key, value in seen.items() if key != "check"]
    lines[: len(seen)] = [*known, "#"][: len(seen)]
    _check_options(seen.get("check", "").partition(" ")[0])
    if seen.get("escape", "`") not in ("\\", "`"):
        raise LineError(f"invalid escape token {seen['escape']!r}: it is ` or \\", 1)
    return "\n".join(lines), seen


def _check_options(text: str) -> None:
    """The value of `# check=`: `skip=..;experimental=..;error=..`. Raises `LineError`."""
    for option in text.split(";", 2) if text else ():
        key, equals, value = option.partition("=")
        known = key.strip() in ("skip", "experimental", "error")
        if not equals or not known or (key.strip() == "error" and value.strip() not in BOOLEANS):
            raise LineError(f"invalid check option {option!r}", 1)


def _without_heredocs(text: str, escape: str) -> tuple[str, dict[int, tuple[Heredoc, ...]]]:
    lines = text.split("\n")
    heredocs: dict[int, tuple[Heredoc, ...]] = {}
    index = 0
    while index < len(lines):
        start = index
        line, index = _fold(lines, index, escape)
        if "<<" not in line or not _may_hold_heredocs(line, escape):
            continue
        for number in range(start, index):
            lines[number] = lines[number].replace("<<", _HIDDEN)
        found: list[Heredoc] = []
        for heredoc in _heredocs(line):
            content, index = _body(lines, index, heredoc, start + 1)
            found.append(heredoc._replace(content=content))
        if found:
            heredocs[start + 1] = tuple(found)
    return "\n".join(lines), heredocs


def _is_comment(line: str) -> bool:
    return line.lstrip(SPACE_CHARS).startswith("#")


def _fold(lines: list[str], index: int, escape: str) -> tuple[str, int]:
    """The instruction that begins at the index, in one line, and the index after it."""
    first = lines[index].removeprefix("\ufeff").lstrip(SPACE_CHARS)
    index += 1
    if first.startswith("#"):
        return "", index
    continued = _CONTINUED[escape]
    line, more = continued.subn("", first.rstrip("\r\n"))
    while more and index < len(lines):
        part = lines[index].rstrip("\r")
        index += 1
        if not _is_comment(part) and part.strip(SPACE_CHARS):
            part, more = continued.subn("", part)
            line += part
    return line, index


def _may_hold_heredocs(line: str, escape: str) -> bool:
    name, _, rest = _triggered(line, escape)
    return name.lower() in _TAKES_HEREDOCS and strings_of_json(rest) is None


def strings_of_json(text: str) -> tuple[str, ...] | None:
    """The strings of a JSON list that is the whole text, else nothing."""
    if not text.startswith("["):
        return None
    try:
        values = json.loads(text)
    except ValueError:
        return None
    return tuple(values) if all(isinstance(value, str) for value in values) else None


def _heredocs(line: str) -> list[Heredoc]:
    lexer = Lexer(line, {}, keep_quotes=True, keep_escapes=True, keep_unset=True)
    try:
        words = lexer.words()
    except WordError:
        return []
    return [heredoc for word in words if (heredoc := parse_heredoc(word))]


def parse_heredoc(word: str) -> Heredoc | None:
    """The heredoc that a word such as `<<-"EOF"` announces, as yet without content."""
    found = _HEREDOC.fullmatch(word)
    if not found or not found.group(3):
        return None
    rest = found.group(3)
    try:
        bare = Lexer(rest, {}, keep_unset=True).words()
        quoted = Lexer(rest, {}, keep_unset=True, keep_quotes=True).words()
    except WordError as error:
        raise LineError(f"{word!r} is no heredoc: {error}") from None
    if len(bare) != 1 or len(quoted) != 1:
        return None
    expand = _quotes(bare[0]) == _quotes(quoted[0])
    return Heredoc(name=bare[0], content="", chomp=bool(found.group(2)), expand=expand)


def _quotes(word: str) -> int:
    return word.count("'") + word.count('"')


def _body(lines: list[str], index: int, heredoc: Heredoc, line: int) -> tuple[str, int]:
    """The lines up to the terminator; to the parser they become comments."""
    content: list[str] = []
    while index < len(lines):
        raw, lines[index] = lines[index], "#"
        index += 1
        end = raw.rstrip("\r").lstrip("\t") if heredoc.chomp else raw.rstrip("\r")
        if end == heredoc.name:
            return "".join(content), index
        content.append(raw + "\n")
    raise LineError(f"the heredoc {heredoc.name!r} has no end", line)


def _triggered(line: str, escape: str) -> tuple[str, list[str], str]:
    """The same as `split_command`; of an ONBUILD what it triggers."""
    parts = split_command(line, escape)
    return split_command(parts[2], escape) if parts[0].lower() == "onbuild" else parts


def split_command(line: str, escape: str) -> tuple[str, list[str], str]:
    """An instruction's name, its flags, and the rest."""
    parts = _BLANKS.split(line.strip(SPACE_CHARS), maxsplit=1)
    if len(parts) == 1:
        return parts[0], [], ""
    flags, rest = _take_flags(parts[1], escape)
    return parts[0], flags, rest.strip(SPACE_CHARS)


def _take_flags(text: str, escape: str) -> tuple[list[str], str]:
    flags: list[str] = []
    position = 0
    while True:
        while text[position : position + 1] in SPACES:
            position += 1
        if not text.startswith("--", position):
            return flags, text[position:]
        word, position = _flag(text, position, escape)
        if word == "--":
            return flags, text[position:]
        flags.append(word)


def _flag(text: str, position: int, escape: str) -> tuple[str, int]:
    word = quote = ""
    while position < len(text):
        char = text[position]
        if not quote and char in SPACES:
            break
        position += 1
        if char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        elif char == escape:
            word += text[position : position + 1]
            position += 1
        else:
            word += char
    return word, min(position, len(text))
