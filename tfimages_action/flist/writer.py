"""Makes flists in the Hub's own format: the same records, byte for byte, for the same entries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tfimages_action.errors import FlistError
from tfimages_action.flist.container import pack
from tfimages_action.flist.entries import (
    BLOCK_NAME,
    DIRECTORY_SIZE,
    STARTUP_PATH,
    Entry,
    EntryType,
    SpecialType,
    parent_path,
    path_bytes,
    shown,
)
from tfimages_action.flist.schema import Acl, Directory, Inode, Union, directory_key
from tfimages_action.flist.schema_writer import write_acl, write_directory
from tfimages_action.flist.source import SourceTree, read_tree
from tfimages_action.flist.startup import StartConfig, startup_entry
from tfimages_action.flist.store import BlockStore, Written
from tfimages_action.flist.stream import ByteStream

ROOT_NAME = ((0, "root"),)
"""The one owner's name that every system knows; the Hub takes the others from its own passwd."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What only the conversion decides, not the image."""

    made_at: int = 0
    """Seconds since 1970: every entry's ctime, and the mtime of what the conversion adds."""
    users: tuple[tuple[int, str], ...] = ROOT_NAME
    """Names of uids; a uid without one is written as its number, as the Hub does."""
    groups: tuple[tuple[int, str], ...] = ROOT_NAME
    metadata: tuple[tuple[str, object], ...] = ()
    """Goes into the flist's metadata as JSON, `backend` for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltFlist:
    """An flist, and what it was made from."""

    raw: bytes
    entries: tuple[Entry, ...]
    source: SourceTree
    written_blocks: int
    """Those that the store had to be given; what others wrote meanwhile does not count."""
    written_bytes: int
    """The same, as stored."""


def build_flist(
    stream: ByteStream,
    store: BlockStore,
    *,
    config: StartConfig | None = None,
    conversion: Conversion | None = None,
) -> BuiltFlist:
    """Convert a plain tar stream (`docker export`, or a VM's root) as the Hub would.

    Each block goes into `store` once. With `config`, `/.startup.toml` is written over the
    image's own. Raises `FlistError`; blocks stored by then stay, and cost a next try nothing.
    """
    conversion, written = conversion or Conversion(), Written()
    put = partial(store.put, written=written)
    source = read_tree(stream, put)
    entries = converted(source.entries, conversion)
    if config is not None:
        startup = startup_entry(config, put, conversion.made_at)
        others = (entry for entry in entries if entry.path != STARTUP_PATH)
        entries = (*others, *converted([startup], conversion))
    store.flush()
    raw = write_flist(entries, dict(conversion.metadata), made_at=conversion.made_at)
    return BuiltFlist(
        raw=raw,
        entries=entries,
        source=source,
        written_blocks=written.blocks,
        written_bytes=written.bytes,
    )


def converted(entries: Iterable[Entry], conversion: Conversion) -> tuple[Entry, ...]:
    """The entries as the Hub records them.

    Names of owners are the converter's own, ctime is that of the conversion, every special file
    is a socket, and the root is the Hub's: 0755, root's, without times.
    """
    users, groups = dict(conversion.users), dict(conversion.groups)
    return tuple(
        _ROOT
        if entry.path == "/"
        else replace(
            entry,
            uname=users.get(entry.uid, str(entry.uid)),
            gname=groups.get(entry.gid, str(entry.gid)),
            ctime=conversion.made_at,
            special=SpecialType.SOCKET if entry.type is EntryType.SPECIAL else None,
        )
        for entry in entries
    )


def write_flist(
    entries: Iterable[Entry], metadata: Mapping[str, object] | None = None, *, made_at: int = 0
) -> bytes:
    """The flist of exactly these entries, root and all directories among them.

    The same entries give the same bytes (under one version of SQLite and zlib). Raises
    `FlistError` where they are no tree.
    """
    known: dict[str, Entry] = {}
    children: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda one: path_bytes(one.path)):
        if entry.path in known:
            raise FlistError(f"{shown(entry.path)} is there twice")
        known[entry.path] = entry
        if entry.path != "/":
            children.setdefault(parent_path(entry.path), []).append(entry)
    directories = [entry for entry in known.values() if entry.type is EntryType.DIRECTORY]
    if "/" not in known or not children.keys() <= {entry.path for entry in directories}:
        raise FlistError("no tree: an entry stands in no directory")
    records = {_acl(entry).key: write_acl(_acl(entry)) for entry in known.values()}
    for directory in directories:
        location = _location(directory.path)
        record = _directory(directory, children.get(directory.path, ()))
        records[directory_key(location)] = write_directory(record)
    if any(len(part) != BLOCK_NAME for one in known.values() for b in one.blocks for part in b):
        raise FlistError("no flist: a block has no name")
    texts = {key: json.dumps(value) for key, value in (metadata or {}).items()}
    return pack(records, texts, made_at=made_at)


def _location(path: str) -> bytes:
    return path_bytes(path).lstrip(b"/")


def _acl(entry: Entry) -> Acl:
    return Acl(
        uname=path_bytes(entry.uname),
        gname=path_bytes(entry.gname),
        mode=entry.mode,
        uid=entry.uid,
        gid=entry.gid,
    )


def _directory(entry: Entry, children: Sequence[Entry]) -> Directory:
    location = _location(entry.path)
    # The Hub adds all directories first, then what is left, each in the order of names.
    ordered = sorted(children, key=lambda one: one.type is not EntryType.DIRECTORY)
    return Directory(
        name=location.rpartition(b"/")[2],
        location=location,
        inodes=tuple(map(_inode, ordered)),
        parent_key=directory_key(_location(parent_path(entry.path))),
        size=DIRECTORY_SIZE,
        acl_key=_acl(entry).key,
        mtime=entry.mtime,
        ctime=entry.ctime,
    )


def _inode(entry: Entry) -> Inode:
    directory = entry.type is EntryType.DIRECTORY
    return Inode(
        name=path_bytes(entry.path).rpartition(b"/")[2],
        size=entry.size,
        union=_UNIONS[entry.type],
        acl_key=_acl(entry).key,
        mtime=entry.mtime,
        ctime=entry.ctime,
        directory_key=directory_key(_location(entry.path)) if directory else b"",
        blocks=entry.blocks,
        target=path_bytes(entry.target),
        special=entry.special,
        device=path_bytes(entry.device),
    )


_ROOT = Entry(
    path="/",
    type=EntryType.DIRECTORY,
    mode=0o755,
    uname="root",
    gname="root",
    size=DIRECTORY_SIZE,
)
_UNIONS = {
    EntryType.DIRECTORY: Union.DIRECTORY,
    EntryType.FILE: Union.FILE,
    EntryType.LINK: Union.LINK,
    EntryType.SPECIAL: Union.SPECIAL,
}
