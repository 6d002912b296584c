"""Writes the two records of an flist's database, object by object in the Hub's order."""

from __future__ import annotations

from typing import Final

from tfimages_action.flist.capnp_writer import Builder, Made
from tfimages_action.flist.schema import (
    BLOCK_SIZE_FIELD,
    SPECIAL_TYPES,
    Acl,
    Directory,
    Inode,
    Union,
)

_ID_BITS: Final = (1 << 64) - 1
_INODE_DATA, _INODE_POINTERS = 3, 3


def write_acl(acl: Acl) -> bytes:
    """The record of an owner and its permissions."""
    message = Builder()
    root = message.struct(3, 3)
    message.uint(root.word, 0, 2, acl.mode)
    message.uint(root.word, 8, 8, acl.uid ^ _ID_BITS)
    message.uint(root.word, 16, 8, acl.gid ^ _ID_BITS)
    message.point(root.pointers_at, message.text(acl.uname))
    message.point(root.pointers_at + 1, message.text(acl.gname))
    return message.message(root)


def write_directory(directory: Directory) -> bytes:
    """The record of a directory and all its inodes."""
    message = Builder()
    contents = message.structs(len(directory.inodes), _INODE_DATA, _INODE_POINTERS)
    for index, inode in enumerate(directory.inodes):
        at = contents.pointers_at + index * (_INODE_DATA + _INODE_POINTERS)
        _write_inode(message, at, inode)
    root = message.struct(2, 5)
    message.uint(root.word, 0, 8, directory.size)
    message.uint(root.word, 8, 4, directory.mtime)
    message.uint(root.word, 12, 4, directory.ctime)
    first = root.pointers_at
    message.point(first, message.text(directory.name))
    message.point(first + 1, message.text(directory.location))
    message.point(first + 2, contents)
    message.point(first + 3, message.text(directory.parent_key))
    message.point(first + 4, message.text(directory.acl_key))
    return message.message(root)


def _write_inode(message: Builder, at: int, inode: Inode) -> None:
    message.uint(at, 0, 8, inode.size)
    message.uint(at, 8, 2, inode.union)
    message.uint(at, 12, 4, inode.mtime)
    message.uint(at, 16, 4, inode.ctime)
    attributes = _attributes(message, inode)
    message.point(at + _INODE_DATA, message.text(inode.name))
    message.point(at + _INODE_DATA + 1, attributes)
    message.point(at + _INODE_DATA + 2, message.text(inode.acl_key))


def _attributes(message: Builder, inode: Inode) -> Made:
    match inode.union:
        case Union.DIRECTORY:
            return _one_text(message, inode.directory_key)
        case Union.LINK:
            return _one_text(message, inode.target)
        case Union.SPECIAL:
            return _special(message, inode)
        case Union.FILE:
            return _file(message, inode)


def _one_text(message: Builder, text: bytes) -> Made:
    made = message.struct(0, 1)
    message.point(made.pointers_at, message.text(text))
    return made


def _special(message: Builder, inode: Inode) -> Made:
    data = message.data(inode.device)
    made = message.struct(1, 1)
    if inode.special:
        message.uint(made.word, 0, 2, SPECIAL_TYPES.index(inode.special))
    message.point(made.pointers_at, data)
    return made


def _file(message: Builder, inode: Inode) -> Made:
    blocks = message.structs(len(inode.blocks), 0, 2) if inode.blocks else None
    for index, block in enumerate(inode.blocks):
        at = blocks.pointers_at + 2 * index if blocks else 0
        hash_, key = message.data(block.hash), message.data(block.key)
        message.point(at, hash_)
        message.point(at + 1, key)
    made = message.struct(1, 1)
    message.uint(made.word, 0, 2, BLOCK_SIZE_FIELD)
    if blocks:
        message.point(made.pointers_at, blocks)
    return made
