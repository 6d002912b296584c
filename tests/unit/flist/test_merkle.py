"""The root changes with whatever counts, and with nothing else."""

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.flist import samples
from tfimages_action.flist.entries import Block, Entry, EntryType, SpecialType
from tfimages_action.flist.merkle import leaf, merkle_root
from tfimages_action.flist.reader import read_flist

FILE = Entry(path="/a", type=EntryType.FILE, mode=0o644, size=1, blocks=(Block(b"k" * 16, b""),))


def test_the_sample_has_a_fixed_root() -> None:
    """Published roots are compared for years: this value may never change under `v1`."""
    root = merkle_root(read_flist(samples.FLIST).entries)
    assert root == "v1:300724b70393f16811fea5882dacf20600c50fb3b0388e5df2ffb4ddf9f5b2da"


def test_a_leaf_is_built_as_documented() -> None:
    fields = [b"/a", b"file", b"644", b"0", b"0", b"1", b"", b"", b"k" * 16]
    framed = b"".join(len(field).to_bytes(8, "little") + field for field in fields)
    assert leaf(FILE) == sha256(b"\0" + framed).digest()


def test_three_leaves_are_paired_from_the_left() -> None:
    entries = [replace(FILE, path=path) for path in ("/a", "/b", "/c")]
    one, two, three = map(leaf, entries)
    pair = sha256(b"\1" + one + two).digest()
    assert merkle_root(entries) == "v1:" + sha256(b"\1" + pair + three).hexdigest()
    assert merkle_root([]) == "v1:" + sha256().hexdigest()


@pytest.mark.parametrize(
    "other",
    [
        replace(FILE, path="/b"),
        replace(FILE, type=EntryType.LINK),
        replace(FILE, mode=0o645),
        replace(FILE, uid=1),
        replace(FILE, gid=1),
        replace(FILE, size=2),
        replace(FILE, target="x"),
        replace(FILE, device="1,3"),
        replace(FILE, blocks=(Block(b"K" * 16, b""),)),
        replace(FILE, blocks=FILE.blocks * 2),
    ],
)
def test_every_part_counts(other: Entry) -> None:
    assert merkle_root([other]) != merkle_root([FILE])


def test_what_two_conversions_may_differ_in_does_not_count() -> None:
    other = replace(FILE, mtime=1, ctime=2, uname="x", gname="y", special=SpecialType.FIFO)
    assert merkle_root([replace(other, blocks=(Block(b"k" * 16, b"h"),))]) == merkle_root([FILE])
    folder = Entry(path="/d", type=EntryType.DIRECTORY, mode=0o755, size=4096)
    assert merkle_root([folder]) == merkle_root([replace(folder, size=12288)])


@given(st.permutations([replace(FILE, path=f"/{i}") for i in range(7)]))
def test_order_does_not_count(entries: list[Entry]) -> None:
    assert merkle_root(entries) == merkle_root(sorted(entries, key=lambda entry: entry.path))
