"""One value for all that an flist holds, so that anyone can check it against a published one.

Version 1, `v1:` and 64 hex digits. Entries in the order of their paths' bytes; each is a leaf:

    leaf = sha256(0x00 || f(path) || f(type) || f(mode) || f(uid) || f(gid) || f(size)
                       || f(target) || f(device) || f(keys))

where `f(x)` is the length of x in bytes as 8 bytes little endian, then x; numbers are decimal
ASCII, mode octal ASCII without a prefix, type one of `directory file link special`, path,
target and device raw bytes (of a link or special file, else empty), keys the 16-byte block keys
one after the other. A directory's size counts as 0: it is the converter's file system's, not the
image's. Times, owners' names, the kind of a special file and block hashes don't count, since
they may differ between two conversions of one image.

    node = sha256(0x01 || left || right)

Levels are paired from the left; an odd last node goes up as it is (this is the tree of RFC 6962,
section 2.1). No entries: sha256 of nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from tfimages_action.flist.entries import Entry, EntryType, path_bytes

VERSION: Final = "v1"


def merkle_root(entries: Iterable[Entry]) -> str:
    """`v1:<hex>` of these entries, in whatever order they come."""
    ordered = sorted(entries, key=lambda entry: path_bytes(entry.path))
    level = [leaf(entry) for entry in ordered] or [sha256().digest()]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(b"\1" + left + right).digest() for left, right in pairs]
        level = above + level[-1:] if len(level) % 2 else above
    return f"{VERSION}:{level[0].hex()}"


def leaf(entry: Entry) -> bytes:
    """The digest of one entry."""
    size = 0 if entry.type is EntryType.DIRECTORY else entry.size
    fields = (
        path_bytes(entry.path),
        entry.type.value.encode(),
        b"%o" % entry.mode,
        b"%d" % entry.uid,
        b"%d" % entry.gid,
        b"%d" % size,
        path_bytes(entry.target),
        path_bytes(entry.device),
        b"".join(entry.keys),
    )
    framed = b"".join(len(field).to_bytes(8, "little") + field for field in fields)
    return sha256(b"\0" + framed).digest()
