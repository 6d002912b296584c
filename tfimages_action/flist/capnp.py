"""A reader of Cap'n Proto messages (unpacked stream framing) that trusts nothing.

Encoding: https://capnproto.org/encoding.html. An flist needs structs, lists of structs and byte
strings; anything else is an error. Every pointer is held against the message's bounds, and the
words that may be visited are counted, so that overlapping pointers can't make much of little.
"""

from __future__ import annotations

import struct
from typing import Final

from tfimages_action.errors import FlistError

_WORD: Final = 8
_STRUCT, _LIST, _FAR = 0, 1, 2
_BYTES, _COMPOSITE = 2, 7
_MAX_SEGMENTS: Final = 4096
_TRAVERSALS: Final = 2
"""How often a message may be visited as a whole; an honest one is visited once."""
_MASKS: Final = {size: (1 << (size * 8)) - 1 for size in (1, 2, 4, 8)}
_Target = tuple[int, int, int]
"""Where a pointer leads: its segment, the word there, and the pointer that describes it."""


class Struct:
    """A struct in a message: its fields by offset, as the schema's layout has them."""

    __slots__ = ("_at", "_data", "_message", "_pointers", "_segment")

    def __init__(self, message: Message, segment: int, word: int, shape: tuple[int, int]) -> None:
        self._message = message
        self._segment = segment
        self._at = word
        self._data, self._pointers = shape

    def uint(self, offset: int, size: int) -> int:
        """The number of `size` bytes (1, 2, 4, 8) at byte `offset`; 0 beyond the struct."""
        if offset + size > self._data * _WORD:
            return 0
        word = self._message.words[self._segment][self._at + offset // _WORD]
        return (word >> offset % _WORD * 8) & _MASKS[size]

    def data(self, index: int) -> bytes:
        """The `Data` or `Text` (then with its NUL) behind pointer `index`; empty if unset."""
        if index >= self._pointers:
            return b""
        return self._message.bytes_behind(self._segment, self._at + self._data + index)

    def text(self, index: int) -> bytes:
        """The `Text` behind pointer `index`, without its NUL."""
        raw = self.data(index)
        if raw and raw[-1]:
            raise FlistError("damaged flist: a text without an end")
        return raw[:-1]

    def struct(self, index: int) -> Struct:
        """The struct behind pointer `index`; an unset one reads as all zeros."""
        target = self._target(index)
        return self._message.struct_at(target) if target else Struct(self._message, 0, 0, (0, 0))

    def structs(self, index: int) -> list[Struct]:
        """The list of structs behind pointer `index`."""
        target = self._target(index)
        return [] if target is None else self._message.struct_list(target)

    def _target(self, index: int) -> _Target | None:
        if index >= self._pointers:
            return None
        return self._message.follow(self._segment, self._at + self._data + index)


class Message:
    """One message. Raises `FlistError` for whatever is wrong with it, when it is read."""

    __slots__ = ("_budget", "segments", "words")

    def __init__(self, raw: bytes) -> None:
        self.segments = _split(raw)
        self.words: list[tuple[int, ...]] = [
            struct.unpack(f"<{len(data) // _WORD}Q", data) for data in self.segments
        ]
        self._budget = _TRAVERSALS * (sum(map(len, self.segments)) // _WORD) + 1

    @property
    def root(self) -> Struct:
        target = self.follow(0, 0)
        if target is None:
            raise FlistError("damaged flist: an empty message")
        return self.struct_at(target)

    def follow(self, segment: int, word: int) -> _Target | None:
        """Where the pointer at this place leads; `None` for a null pointer."""
        pointer = self._word(segment, word)
        if pointer == 0:
            return None
        if pointer & 3 != _FAR:
            return segment, word + 1 + _offset(pointer), pointer
        segment, word = pointer >> 32, (pointer >> 3) & 0x1FFFFFFF
        pad = self._word(segment, word)
        if not pointer & 4:
            return segment, word + 1 + _offset(pad), _near(pad)
        if pad & 7 != _FAR:
            raise FlistError("damaged flist: a far pointer leads astray")
        tag = self._word(segment, word + 1)
        return pad >> 32, (pad >> 3) & 0x1FFFFFFF, _near(tag)

    def struct_at(self, target: _Target) -> Struct:
        segment, word, pointer = target
        if pointer & 3 != _STRUCT:
            raise FlistError("damaged flist: no struct where one should be")
        shape = _shape(pointer)
        self._visit(segment, word, sum(shape))
        return Struct(self, segment, word, shape)

    def bytes_behind(self, segment: int, word: int) -> bytes:
        """The byte list that the pointer at this place leads to; empty for a null pointer."""
        target = self.follow(segment, word)
        if target is None:
            return b""
        segment, word, pointer = target
        if pointer & 3 != _LIST:
            raise FlistError("damaged flist: no list where one should be")
        if (pointer >> 32) & 7 != _BYTES:
            raise FlistError("damaged flist: no bytes where some should be")
        count = pointer >> 35
        self._visit(segment, word, -(-count // _WORD))
        start = word * _WORD
        return self.segments[segment][start : start + count]

    def struct_list(self, target: _Target) -> list[Struct]:
        segment, word, pointer = target
        if pointer & 3 != _LIST:
            raise FlistError("damaged flist: no list where one should be")
        if (pointer >> 32) & 7 != _COMPOSITE:
            raise FlistError("damaged flist: no list of structs where one should be")
        words = pointer >> 35
        tag = self._word(segment, word)
        count, shape = (tag >> 2) & 0x3FFFFFFF, _shape(tag)
        step = sum(shape)
        if tag & 3 != _STRUCT or count * step > words:
            raise FlistError("damaged flist: a list is longer than its words")
        self._visit(segment, word, words + 1)
        self._spend(0 if step else count)
        first = word + 1
        return [Struct(self, segment, first + i * step, shape) for i in range(count)]

    def _word(self, segment: int, word: int) -> int:
        if segment >= len(self.words):
            raise FlistError("damaged flist: a pointer into a segment that is not there")
        words = self.words[segment]
        if not 0 <= word < len(words):
            raise FlistError("damaged flist: a pointer out of bounds")
        return words[word]

    def _visit(self, segment: int, word: int, words: int) -> None:
        if segment >= len(self.words):
            raise FlistError("damaged flist: a pointer into a segment that is not there")
        if word < 0 or word + words > len(self.words[segment]):
            raise FlistError("damaged flist: a pointer out of bounds")
        self._spend(words)

    def _spend(self, words: int) -> None:
        self._budget -= words
        if self._budget < 0:
            raise FlistError("hostile flist: the parts of a message overlap")


def _split(raw: bytes) -> list[bytes]:
    if len(raw) < _WORD:
        raise FlistError("damaged flist: a message without a head")
    count = int.from_bytes(raw[:4], "little") + 1
    if count > _MAX_SEGMENTS or len(raw) < 4 * (count + 1):
        raise FlistError("damaged flist: a message's head is cut or beyond the limits")
    sizes = struct.unpack_from(f"<{count}I", raw, 4)
    at = (4 * (count + 1) + _WORD - 1) // _WORD * _WORD
    segments = []
    for size in sizes:
        segments.append(raw[at : at + size * _WORD])
        at += size * _WORD
    if at > len(raw):
        raise FlistError("damaged flist: a message is cut")
    return segments


def _offset(pointer: int) -> int:
    """The signed number in bits 2 to 31."""
    offset = (pointer >> 2) & 0x3FFFFFFF
    return offset - 0x40000000 if offset & 0x20000000 else offset


def _near(pointer: int) -> int:
    if pointer & 3 not in {_STRUCT, _LIST} or pointer == 0:
        raise FlistError("damaged flist: a far pointer leads astray")
    return pointer


def _shape(pointer: int) -> tuple[int, int]:
    """Words of data and number of pointers of a struct."""
    return (pointer >> 32) & 0xFFFF, pointer >> 48
