"""What a release changes, by path and by weight."""

from dataclasses import replace

import pytest

from tfimages_action.flist.difference import Change, difference, signed_size
from tfimages_action.flist.entries import Block, Entry, EntryType


def file(path: str, size: int, content: bytes = b"k") -> Entry:
    block = Block(key=content * 16, hash=b"")
    return Entry(path=path, type=EntryType.FILE, mode=0o644, size=size, blocks=(block,))


def test_tells_added_removed_and_changed_with_their_sizes() -> None:
    old = [file("/keep", 5), file("/gone", 2_000), file("/grown", 10)]
    new = [file("/keep", 5), file("/new", 38_400_000), file("/grown", 25, b"n")]
    found = difference(old, new)
    assert [(c.path, c.change, c.size_delta) for c in found.changes] == [
        ("/gone", Change.REMOVED, -2_000),
        ("/grown", Change.CHANGED, 15),
        ("/new", Change.ADDED, 38_400_000),
    ]
    assert found.size_delta == 38_398_015
    assert found.count(Change.ADDED) == 1
    assert found.largest(2) == ("+38 MB: /new", "-2.0 kB: /gone")
    assert [str(c) for c in found.changes] == [
        "- /gone", "~ /grown (content, +15 bytes)", "+ /new",
    ]  # fmt: skip


def test_says_what_changed() -> None:
    was = file("/a", 1)
    for now, what in [
        (replace(was, mode=0o755), "mode 0644 -> 0755"),
        (replace(was, uid=7), "owner 0:0 -> 7:0"),
        (replace(was, type=EntryType.LINK, target="x"), "file -> link"),
        (file("/a", 1, b"n"), "content"),
    ]:
        assert [c.what for c in difference([was], [now]).changes] == [what]


def test_times_are_no_change() -> None:
    was = file("/a", 1)
    assert difference([was], [replace(was, mtime=9, ctime=9, uname="x")]).changes == ()


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "+0 bytes"), (-999, "-999 bytes"), (1_500, "+1.5 kB"), (38_000_000, "+38 MB")],
)
def test_sizes_are_readable(size: int, text: str) -> None:
    assert signed_size(size) == text
