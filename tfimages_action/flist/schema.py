"""The two records of an flist's database, and where Cap'n Proto lays their fields.

Field order and types are those of the format's schema (0-flist, format/flist.capnp); the
offsets follow from it by the encoding's rules: numbers in the order of their size, texts and
structs as pointers in the order of their ordinals.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b
from typing import Final

from tfimages_action.errors import FlistError
from tfimages_action.flist.capnp import Message, Struct
from tfimages_action.flist.entries import BLOCK_NAME, Block, SpecialType

BLOCK_SIZE_FIELD: Final = 128
"""`File.blockSize`, in units of 4 KiB: what the Hub always writes."""
SPECIAL_TYPES: Final = tuple(SpecialType)
_ID_BITS: Final = (1 << 64) - 1
_MAX_ID: Final = (1 << 32) - 1


class Union(IntEnum):
    """The discriminant of `Inode.attributes`."""

    DIRECTORY = 0
    FILE = 1
    LINK = 2
    SPECIAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Acl:
    """Owner and permissions: `ACI` in the schema."""

    uname: bytes
    gname: bytes
    mode: int
    uid: int
    gid: int

    @property
    def key(self) -> bytes:
        """Its key in the database (hex): 8 bytes of blake2b over its text form."""
        text = b"user:%b\ngroup:%b\nmode:0o%o\nuid:%d\ngid:%d" % (
            self.uname, self.gname, self.mode, self.uid, self.gid,
        )  # fmt: skip
        return blake2b(text, digest_size=8).hexdigest().encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inode:
    """One name in a directory."""

    name: bytes
    size: int
    union: Union
    acl_key: bytes
    mtime: int
    ctime: int
    directory_key: bytes = b""
    blocks: tuple[Block, ...] = ()
    target: bytes = b""
    special: SpecialType | None = None
    device: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """One directory: `Dir` in the schema."""

    name: bytes
    location: bytes
    """Its path without a leading slash; empty for the root."""
    inodes: tuple[Inode, ...]
    parent_key: bytes
    size: int
    acl_key: bytes
    mtime: int
    ctime: int


def directory_key(location: bytes) -> bytes:
    """A directory's key in the database (hex): 16 bytes of blake2b over its location."""
    return blake2b(location, digest_size=BLOCK_NAME).hexdigest().encode()


def read_acl(raw: bytes) -> Acl:
    """Raises `FlistError`."""
    root = Message(raw).root
    return Acl(
        uname=root.text(0),
        gname=root.text(1),
        mode=root.uint(0, 2),
        uid=_identity(root, 8),
        gid=_identity(root, 16),
    )


def read_directory(raw: bytes) -> Directory:
    """Raises `FlistError`."""
    root = Message(raw).root
    return Directory(
        name=root.text(0),
        location=root.text(1),
        inodes=tuple(_inode(item) for item in root.structs(2)),
        parent_key=root.text(3),
        acl_key=root.text(4),
        size=root.uint(0, 8),
        mtime=root.uint(8, 4),
        ctime=root.uint(12, 4),
    )


def _identity(root: Struct, offset: int) -> int:
    """A uid or gid: int64 with default -1, which the encoding XORs in; -1 reads as root."""
    number = root.uint(offset, 8) ^ _ID_BITS
    if number == _ID_BITS:
        return 0
    if number > _MAX_ID:
        raise FlistError("damaged flist: an owner beyond 32 bits")
    return number


def _inode(item: Struct) -> Inode:
    which = item.uint(8, 2)
    if which > Union.SPECIAL:
        raise FlistError(f"damaged flist: an inode of unknown type {which}")
    union, attributes = Union(which), item.struct(1)
    special = union is Union.SPECIAL
    return Inode(
        name=item.text(0),
        size=item.uint(0, 8),
        union=union,
        acl_key=item.text(2),
        mtime=item.uint(12, 4),
        ctime=item.uint(16, 4),
        directory_key=attributes.text(0) if union is Union.DIRECTORY else b"",
        blocks=_blocks(attributes) if union is Union.FILE else (),
        target=attributes.text(0) if union is Union.LINK else b"",
        special=_special(attributes) if special else None,
        device=attributes.data(0).rstrip(b"\0") if special else b"",
    )


def _blocks(attributes: Struct) -> tuple[Block, ...]:
    blocks = tuple(Block(key=item.data(1), hash=item.data(0)) for item in attributes.structs(0))
    if any(len(block.key) != BLOCK_NAME or len(block.hash) != BLOCK_NAME for block in blocks):
        raise FlistError("damaged flist: a block's key is not 16 bytes")
    return blocks


def _special(attributes: Struct) -> SpecialType:
    number = attributes.uint(0, 2)
    return SPECIAL_TYPES[number] if number < len(SPECIAL_TYPES) else SpecialType.UNKNOWN
