"""The Cap'n Proto reader follows every kind of pointer, and none out of bounds."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfimages_action.errors import FlistError
from tfimages_action.flist.capnp import Message


def message(*segments: bytes) -> bytes:
    head = struct.pack(f"<I{len(segments)}I", len(segments) - 1, *(len(s) // 8 for s in segments))
    return head + b"\0" * (-len(head) % 8) + b"".join(segments)


def struct_pointer(offset: int, data: int, pointers: int) -> bytes:
    return struct.pack("<IHH", (offset << 2) & 0xFFFFFFFF, data, pointers)


def list_pointer(offset: int, size: int, count: int) -> bytes:
    return struct.pack("<II", ((offset << 2) & 0xFFFFFFFF) | 1, count << 3 | size)


def far_pointer(segment: int, word: int, *, double: bool = False) -> bytes:
    return struct.pack("<II", word << 3 | double << 2 | 2, segment)


def test_reads_numbers_and_texts() -> None:
    numbers, text = struct.pack("<HHI", 7, 0, 9), list_pointer(0, 2, 3) + b"ab\0....."
    root = Message(message(struct_pointer(0, 1, 1) + numbers + text)).root
    assert (root.uint(0, 2), root.uint(4, 4), root.uint(8, 8)) == (7, 9, 0)
    assert (root.text(0), root.data(0), root.text(1)) == (b"ab", b"ab\0", b"")
    assert root.struct(5).uint(0, 8) == 0
    assert root.structs(5) == []


def test_follows_far_pointers_into_another_segment() -> None:
    text = list_pointer(0, 2, 3) + b"ab\0....."
    root = struct_pointer(0, 0, 1) + far_pointer(1, 0)
    assert Message(message(root, text)).root.text(0) == b"ab"


def test_follows_double_far_pointers() -> None:
    pad = far_pointer(2, 0) + list_pointer(0, 2, 3)
    root = struct_pointer(0, 0, 1) + far_pointer(1, 0, double=True)
    assert Message(message(root, pad, b"ab\0.....")).root.text(0) == b"ab"


def test_reads_backward_pointers() -> None:
    text, root = b"ab\0.....", struct_pointer(0, 0, 1) + list_pointer(-3, 2, 3)
    raw = message(far_pointer(0, 2) + text + root)
    assert Message(raw).root.text(0) == b"ab"


def test_reads_a_list_of_structs() -> None:
    tag = struct.pack("<IHH", 2 << 2, 1, 0)
    numbers = struct.pack("<QQ", 5, 6)
    raw = message(struct_pointer(0, 0, 1) + list_pointer(0, 7, 2) + tag + numbers)
    assert [item.uint(0, 8) for item in Message(raw).root.structs(0)] == [5, 6]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "head"),
        (b"\xff\xff\xff\xff" * 2, "head"),
        (message(b"\0" * 8), "empty"),
        (message(struct_pointer(0, 1, 1)), "bounds"),
        (message(struct_pointer(-2, 1, 1)), "bounds"),
        (message(far_pointer(9, 0)), "segment"),
        (message(far_pointer(0, 0)), "astray"),
        (message(far_pointer(0, 1, double=True) + struct_pointer(0, 0, 0) * 2), "astray"),
        (message(list_pointer(0, 2, 1) + b"." * 8), "no struct"),
        (message(struct_pointer(0, 1, 0) + b"." * 8)[:-1], "cut"),
    ],
)
def test_refuses_a_damaged_message(raw: bytes, reason: str) -> None:
    with pytest.raises(FlistError, match=reason):
        _ = Message(raw).root


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (struct_pointer(0, 0, 1) + list_pointer(0, 2, 99), "bounds"),
        (struct_pointer(0, 0, 1) + list_pointer(0, 3, 1) + b"." * 8, "no bytes"),
        (struct_pointer(0, 0, 1) + struct_pointer(0, 1, 0) + b"." * 8, "no list"),
        (struct_pointer(0, 0, 1) + list_pointer(0, 2, 2) + b"ab......", "without an end"),
    ],
)
def test_refuses_a_damaged_text(body: bytes, reason: str) -> None:
    root = Message(message(body)).root
    with pytest.raises(FlistError, match=reason):
        root.text(0)


def test_a_list_may_not_claim_more_structs_than_it_has_words() -> None:
    tag = struct.pack("<IHH", 1000 << 2, 1, 0)
    raw = message(struct_pointer(0, 0, 1) + list_pointer(0, 7, 2) + tag + b"." * 16)
    with pytest.raises(FlistError, match="longer than its words"):
        Message(raw).root.structs(0)


def test_a_list_of_empty_structs_costs_its_count() -> None:
    tag = struct.pack("<IHH", (1 << 29) << 2 & 0xFFFFFFFF, 0, 0)
    raw = message(struct_pointer(0, 0, 1) + list_pointer(0, 7, 0) + tag)
    with pytest.raises(FlistError, match="overlap"):
        Message(raw).root.structs(0)


def test_overlapping_pointers_do_not_multiply() -> None:
    count = 100
    texts = b"".join(list_pointer(count - i - 1, 2, 800) for i in range(count))
    root = Message(message(struct_pointer(0, 0, count) + texts + b"x" * 799 + b"\0")).root
    with pytest.raises(FlistError, match="overlap"):
        _ = [root.text(i) for i in range(count)]


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_an_flist_error(raw: bytes) -> None:
    try:
        root = Message(raw).root
        root.text(0)
        for item in root.structs(1):
            item.data(0)
    except FlistError:
        pass
