"""Writes Cap'n Proto messages of one segment (https://capnproto.org/encoding.html).

Objects are laid out in the order in which they are made; a pointer is set once both its ends are.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

_WORD: Final = 8
_LIST, _BYTES, _COMPOSITE = 1, 2, 7
_OFFSET_MASK: Final = 0x3FFFFFFF


class Made(NamedTuple):
    """An object in the message: where it begins (in words), and what a pointer says of it."""

    word: int
    kind: int
    """A pointer to it, with offset 0."""
    pointers_at: int
    """Word of its first pointer; for a list of structs, that of its first struct."""


class Builder:
    """One message in the making."""

    def __init__(self) -> None:
        self._raw = bytearray(_WORD)

    def struct(self, data: int, pointers: int) -> Made:
        """A struct of so many words of data and so many pointers, all zero."""
        word = self._grow((data + pointers) * _WORD)
        return Made(word, _shape(data, pointers), word + data)

    def structs(self, count: int, data: int, pointers: int) -> Made:
        """A list of such structs."""
        words = count * (data + pointers)
        tag = self._grow((1 + words) * _WORD)
        self._put(tag, _shape(data, pointers) | count << 2)
        return Made(tag, _LIST | _COMPOSITE << 32 | words << 35, tag + 1)

    def data(self, raw: bytes) -> Made:
        """A byte string."""
        word = self._grow(len(raw))
        self._raw[word * _WORD : word * _WORD + len(raw)] = raw
        return Made(word, _LIST | _BYTES << 32 | len(raw) << 35, word)

    def text(self, raw: bytes) -> Made:
        """A byte string with the NUL that makes it a text."""
        return self.data(raw + b"\0")

    def uint(self, word: int, offset: int, size: int, value: int) -> None:
        """Set the number of `size` bytes at byte `offset` from `word`."""
        start = word * _WORD + offset
        self._raw[start : start + size] = value.to_bytes(size, "little")

    def point(self, word: int, target: Made) -> None:
        """Make the pointer at `word` lead to `target`."""
        offset = (target.word - word - 1) & _OFFSET_MASK
        self._put(word, target.kind | offset << 2)

    def message(self, root: Made) -> bytes:
        """The framed message."""
        self.point(0, root)
        return struct.pack("<II", 0, len(self._raw) // _WORD) + bytes(self._raw)

    def _grow(self, size: int) -> int:
        word = len(self._raw) // _WORD
        self._raw += bytes(-(-size // _WORD) * _WORD)
        return word

    def _put(self, word: int, value: int) -> None:
        self._raw[word * _WORD : (word + 1) * _WORD] = value.to_bytes(_WORD, "little")


def _shape(data: int, pointers: int) -> int:
    return data << 32 | pointers << 48
