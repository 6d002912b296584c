"""Expand a word by Docker's rules: `$X ${X} ${X:-d} ${X#p} ${X/a/b}`, quotes, escapes.

Rules: https://docs.docker.com/reference/dockerfile/#environment-replacement, and where it is
silent BuildKit's `frontend/dockerfile/shell` decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from tfimages_action.core.dockerfile.patterns import PatternError, replace, trim_prefix, trim_suffix

BACKSLASH: Final = "\\"
SPACES: Final = frozenset(
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go calls a space; `str.isspace` knows four more."""

_NAME: Final = re.compile(r"\d+|[@*#?$!-]|\w+")
_GAP: Final = re.compile(r"[ \t\r]*")
_PLAIN: Final = {
    (escape, stop): re.compile("[^" + re.escape(f"$<'\"{escape}{stop}") + "]+")
    for escape in "\\`"
    for stop in ("", "}", "/")
}


class WordError(ValueError):
    """BuildKit refuses the word; the message says why."""


class RequiredError(WordError):
    """`${X?}` or `${X:?}` of a variable that has no value."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


class _Piece(NamedTuple):
    text: str
    whole: bool
    """Quoted or escaped: spaces in it part no words."""
    alone: bool
    """BuildKit forgets the begun word before it (its buffer serves nested words too)."""


class Lexer:
    """One word (or line) on its way through Docker's rules; made anew for each.

    `unset` collects the variables that were asked for and have no value, `gaps` the places
    between `<<` and the name of a heredoc.
    """

    __slots__ = (
        "_depth",
        "_env",
        "_escape",
        "_keep_quotes",
        "_keep_unset",
        "_no_quotes",
        "_pos",
        "_raw_escapes",
        "_text",
        "gaps",
        "unset",
    )

    def __init__(
        self,
        text: str,
        env: Mapping[str, str],
        *,
        escape: str = BACKSLASH,
        keep_quotes: bool = False,
        keep_escapes: bool = False,
        keep_unset: bool = False,
        no_quotes: bool = False,
    ) -> None:
        self._text = text.removeprefix("\ufeff")
        self._env = env
        self._escape = escape
        self._keep_quotes = keep_quotes
        self._raw_escapes = keep_escapes
        self._keep_unset = keep_unset
        self._no_quotes = no_quotes
        self._pos = 0
        self._depth = 0
        self.unset: list[str] = []
        self.gaps: list[tuple[int, int]] = []

    def word(self) -> str:
        """The whole text as one word. Raises `WordError`."""
        return "".join([piece.text for piece in self._pieces("")])

    def words(self) -> list[str]:
        """The text parted at spaces, *after* expansion. Raises `WordError`."""
        words: list[str] = []
        begun = ""
        for piece in self._pieces(""):
            begun = "" if piece.alone else begun
            if piece.whole:
                begun += piece.text
                continue
            for char in piece.text:
                if char not in SPACES:
                    begun += char
                elif begun:
                    words.append(begun)
                    begun = ""
        return [*words, begun] if begun else words

    def _peek(self) -> str:
        return self._text[self._pos : self._pos + 1]

    def _next(self) -> str:
        char = self._text[self._pos : self._pos + 1]
        self._pos += 1
        return char

    def _nested(self, stop: str, *, raw_escapes: bool, pattern: bool) -> str:
        self._depth += 1
        outer, self._raw_escapes = self._raw_escapes, raw_escapes
        try:
            return "".join([piece.text for piece in self._pieces(stop, pattern=pattern)])
        finally:
            self._raw_escapes = outer

    def _pieces(self, stop: str, *, pattern: bool = False) -> list[_Piece]:
        """Everything up to `stop`, which is consumed (`""`: to the end)."""
        pieces: list[_Piece] = []
        plain = _PLAIN[self._escape, stop]
        while char := self._peek():
            if char == stop:
                self._pos += 1
                return pieces
            if run := plain.match(self._text, self._pos):
                self._pos = run.end()
                pieces.append(_Piece(run.group(), whole=False, alone=False))
            else:
                pieces.append(self._special(char, pattern=pattern))
        if stop:
            raise WordError(f"the closing {stop!r} is missing")
        return pieces

    def _special(self, char: str, *, pattern: bool) -> _Piece:
        depth = self._depth
        whole = True
        if char == "$":
            text, whole = self._dollar(), False
        elif char == "<":
            text = self._angle()
        elif char == self._escape:
            text = self._escaped()
        elif self._no_quotes:
            text, whole = self._next(), False
        elif char == "'":
            text = self._single_quoted(pattern=pattern)
        else:
            text = self._double_quoted(pattern=pattern)
        return _Piece(text, whole=whole, alone=self._depth != depth)

    def _escaped(self) -> str:
        token = self._next()
        return (token if self._raw_escapes else "") + self._next()

    def _angle(self) -> str:
        self._pos += 1
        if self._peek() != "<":
            return "<"
        self._pos += 1
        gap = _GAP.match(self._text, self._pos)
        start, self._pos = self._pos, gap.end() if gap else self._pos
        if self._pos > start:
            self.gaps.append((start, self._pos))
        return "<<" + self._text[start : self._pos]

    def _single_quoted(self, *, pattern: bool) -> str:
        end = self._text.find("'", self._pos + 1)
        if end < 0:
            raise WordError("the closing single quote is missing")
        inner = self._text[self._pos + 1 : end]
        self._pos = end + 1
        if pattern:
            inner = inner.replace(self._escape, self._escape * 2)
        return f"'{inner}'" if self._keep_quotes else inner

    def _double_quoted(self, *, pattern: bool) -> str:
        self._pos += 1
        text = ""
        while char := self._peek():
            if char == '"':
                self._pos += 1
                return f'"{text}"' if self._keep_quotes else text
            if char == "$":
                text += self._dollar()
            elif char == self._escape:
                text += self._escaped_in_quotes(pattern=pattern)
            else:
                text += self._next()
        raise WordError("the closing double quote is missing")

    def _escaped_in_quotes(self, *, pattern: bool) -> str:
        token = self._next()
        char = self._peek()
        if not char:
            return ""
        if char in ('"', "$", self._escape):
            return (token if self._raw_escapes else "") + self._next()
        doubled = self._raw_escapes and (not self._keep_quotes or pattern)
        return token * 2 if doubled else token

    def _dollar(self) -> str:
        self._pos += 1
        if self._peek() != "{":
            name = self._name()
            return self._plain_value(name, f"${name}") if name else "$"
        self._pos += 1
        if self._peek() in ("", "{", "}", ":"):
            raise WordError("bad substitution")
        name = self._name()
        operator = self._next()
        match operator:
            case "}":
                return self._plain_value(name, f"${{{name}}}")
            case ":":
                return self._modified(name, self._next(), colon=":")
            case "+" | "-" | "?" | "#" | "%":
                return self._modified(name, operator, colon="")
            case "/":
                return self._replaced(name)
            case _:
                raise WordError(f"unsupported modifier ({operator}) in substitution")

    def _name(self) -> str:
        match = _NAME.match(self._text, self._pos)
        if not match:
            return ""
        self._pos = match.end()
        return match.group()

    def _value(self, name: str) -> str | None:
        value = self._env.get(name)
        if value is None:
            self.unset.append(name)
        return value

    def _plain_value(self, name: str, written: str) -> str:
        value = self._value(name)
        if value is None:
            return written if self._keep_unset else ""
        return value

    def _modified(self, name: str, operator: str, *, colon: str) -> str:
        trims = operator in ("#", "%")
        if colon and trims:
            raise WordError(f"unsupported modifier (:{operator}) in substitution")
        word = self._nested("}", raw_escapes=trims, pattern=trims)
        value = self._value(name)
        if value is None and self._keep_unset:
            return f"${{{name}{colon}{operator}{word}}}"
        has_value = value is not None and not (colon and not value)
        match operator:
            case "-":
                return value or "" if has_value else word
            case "+":
                return word if has_value else ""
            case "?":
                if has_value:
                    return value or ""
                raise RequiredError(name, word or "must have a value")
            case "#" | "%":
                return self._trimmed(operator, word, value or "")
            case _:
                raise WordError(f"unsupported modifier ({colon}{operator}) in substitution")

    @staticmethod
    def _trimmed(operator: str, pattern: str, value: str) -> str:
        greedy = pattern.startswith(operator)
        trim = trim_prefix if operator == "#" else trim_suffix
        try:
            return trim(pattern[1:] if greedy else pattern, value, greedy=greedy)
        except PatternError as error:
            raise WordError(str(error)) from None

    def _replaced(self, name: str) -> str:
        everywhere = self._peek() == "/"
        self._pos += everywhere
        pattern = self._nested("/", raw_escapes=True, pattern=True)
        replacement = self._nested("}", raw_escapes=True, pattern=False)
        value = self._value(name)
        if value is None and self._keep_unset:
            return f"${{{name}/{pattern}/{replacement}}}"
        try:
            return replace(pattern, replacement, value or "", everywhere=everywhere)
        except PatternError as error:
            raise WordError(str(error)) from None


_SIMPLE: Final = re.compile(r"(?:[\w./:@+,=-]++|\$[A-Za-z_]\w*+|\$\{[A-Za-z_]\w*+\})+", re.ASCII)
"""A word with nothing but plain text and variables as they are."""
_VARIABLE: Final = re.compile(r"\$\{?(\w+)\}?", re.ASCII)
_NEEDS_WORK: Final = {"\\": re.compile(r"[$'\"\\\ufeff]"), "`": re.compile(r"[$'\"`\ufeff]")}


def expand(
    word: str, env: Mapping[str, str], *, escape: str = BACKSLASH, unset: list[str] | None = None
) -> str:
    """The word with its variables replaced and its quotes gone; most words come back as they are.

    Names that have no value are appended to `unset`. Raises `WordError`.
    """
    if "$" not in word:
        if not _NEEDS_WORK[escape].search(word):
            return word
    elif _SIMPLE.fullmatch(word):
        return _filled(word, env, unset)
    lexer = Lexer(word, env, escape=escape)
    try:
        return lexer.word()
    except RecursionError:
        raise WordError("it is nested too deeply") from None
    finally:
        if unset is not None:
            unset += lexer.unset


def _filled(word: str, env: Mapping[str, str], unset: list[str] | None) -> str:
    """A simple word with its variables replaced."""
    parts = _VARIABLE.split(word)
    for index in range(1, len(parts), 2):
        value = env.get(parts[index])
        if value is None and unset is not None:
            unset.append(parts[index])
        parts[index] = value or ""
    return "".join(parts)
