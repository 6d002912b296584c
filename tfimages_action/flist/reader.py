"""Reads an flist into entries, whatever was done to the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tfimages_action.errors import FlistError
from tfimages_action.flist.container import Database, Limits, open_database
from tfimages_action.flist.entries import (
    BLOCK_SIZE,
    MODE_BITS,
    Entry,
    EntryType,
    child_path,
    path_bytes,
    path_text,
    shown,
)
from tfimages_action.flist.schema import (
    Acl,
    Directory,
    Inode,
    Union,
    directory_key,
    read_acl,
    read_directory,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many entries of each type; `directories` counts without the root, as the Hub's dump."""

    files: int
    links: int
    directories: int
    specials: int
    bytes: int
    """Of all files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlistFile:
    """All that an flist says, sorted by the bytes of the paths; the root comes first."""

    entries: tuple[Entry, ...]
    metadata: tuple[tuple[str, object], ...] = ()
    problems: tuple[str, ...] = ()
    """Where the flist contradicts itself, readably; empty for what the Hub writes."""

    def find(self, path: str) -> Entry | None:
        """The entry of that path."""
        return next((entry for entry in self.entries if entry.path == path), None)

    @property
    def counts(self) -> Counts:
        return count(self.entries)


def count(entries: tuple[Entry, ...]) -> Counts:
    """The counts of any entries."""
    by_type = dict.fromkeys(EntryType, 0)
    for entry in entries:
        by_type[entry.type] += 1
    return Counts(
        files=by_type[EntryType.FILE],
        links=by_type[EntryType.LINK],
        directories=sum(e.type is EntryType.DIRECTORY and e.path != "/" for e in entries),
        specials=by_type[EntryType.SPECIAL],
        bytes=sum(entry.size for entry in entries if entry.type is EntryType.FILE),
    )


def read_flist(source: Path | IO[bytes], limits: Limits | None = None) -> FlistFile:
    """Read an flist from a file or a binary stream.

    Raises `FlistError` for anything that is no whole flist within the limits: then nothing of it
    may be believed.
    """
    if isinstance(source, Path):
        try:
            with source.open("rb") as stream:
                return read_flist(stream, limits)
        except FlistError as error:
            raise FlistError(f"{source}: {error.message}", hint=error.hint) from error
        except OSError as error:
            raise FlistError(f"{source} can't be read: {error.strerror}") from error
    limits = limits or Limits()
    with open_database(source, limits) as database:
        walk = _Walk(database, limits)
        entries = sorted(walk.entries(), key=lambda entry: path_bytes(entry.path))
        metadata = tuple(sorted(database.metadata().items()))
    return FlistFile(entries=tuple(entries), metadata=metadata, problems=tuple(walk.problems))


class _Walk:
    """One way through the directories; none is entered twice."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits
        self._acls: dict[bytes, Acl] = {}
        self._seen: set[bytes] = set()
        self._left = limits.entries
        self.problems: list[str] = []

    def entries(self) -> Iterator[Entry]:
        root = self._directory(directory_key(b""), "/")
        yield self._directory_entry("/", root, root.acl_key)
        waiting = [("/", root)]
        while waiting:
            path, directory = waiting.pop()
            for entry, inode in self._children(path, directory):
                if inode.union is not Union.DIRECTORY:
                    yield entry
                    continue
                below = self._directory(inode.directory_key, entry.path)
                yield self._directory_entry(entry.path, below, inode.acl_key)
                waiting.append((entry.path, below))

    def _children(self, path: str, directory: Directory) -> Iterator[tuple[Entry, Inode]]:
        names: set[bytes] = set()
        for inode in directory.inodes:
            self._left -= 1
            if self._left < 0:
                raise FlistError("hostile flist: more entries than the limits allow")
            name = inode.name
            if name in {b"", b".", b".."} or b"/" in name or b"\0" in name or name in names:
                raise FlistError(f"hostile flist: a forbidden name {name!r} in {shown(path)}")
            names.add(name)
            child = child_path(path, path_text(name))
            if len(path_bytes(child)) > self._limits.path_bytes:
                raise FlistError("hostile flist: a path longer than the limits allow")
            yield self._entry(child, inode), inode

    def _directory(self, key: bytes, path: str) -> Directory:
        if key in self._seen:
            raise FlistError(f"hostile flist: {shown(path)} leads to a directory met before")
        self._seen.add(key)
        raw = self._database.value(key)
        if raw is None:
            raise FlistError(f"damaged flist: the directory {shown(path)} is not in it")
        return read_directory(raw)

    def _directory_entry(self, path: str, directory: Directory, linked: bytes) -> Entry:
        """A directory is described twice: in its parent and in itself."""
        if directory.acl_key != linked and self._acl(linked) != self._acl(directory.acl_key):
            self.problems.append(f"{shown(path)}: two descriptions that differ in mode or owner")
        acl = self._acl(directory.acl_key)
        return Entry(
            path=path,
            type=EntryType.DIRECTORY,
            mode=acl.mode,
            uid=acl.uid,
            gid=acl.gid,
            uname=path_text(acl.uname),
            gname=path_text(acl.gname),
            size=directory.size,
            mtime=directory.mtime,
            ctime=directory.ctime,
        )

    def _entry(self, path: str, inode: Inode) -> Entry:
        blocks = len(inode.blocks)
        if inode.union is Union.FILE and blocks != -(-inode.size // BLOCK_SIZE):
            self.problems.append(f"{shown(path)}: {blocks} blocks for {inode.size} bytes")
        acl = self._acl(inode.acl_key)
        return Entry(
            path=path,
            type=_TYPES[inode.union],
            mode=acl.mode,
            uid=acl.uid,
            gid=acl.gid,
            uname=path_text(acl.uname),
            gname=path_text(acl.gname),
            size=inode.size,
            target=path_text(inode.target),
            special=inode.special,
            device=path_text(inode.device),
            mtime=inode.mtime,
            ctime=inode.ctime,
            blocks=inode.blocks,
        )

    def _acl(self, key: bytes) -> Acl:
        if key not in self._acls:
            raw = self._database.value(key)
            if raw is None:
                raise FlistError("damaged flist: an owner's record is not in it")
            acl = read_acl(raw)
            if acl.mode > MODE_BITS:
                raise FlistError("damaged flist: a mode beyond its bits")
            self._acls[key] = acl
        return self._acls[key]


_TYPES = {
    Union.DIRECTORY: EntryType.DIRECTORY,
    Union.FILE: EntryType.FILE,
    Union.LINK: EntryType.LINK,
    Union.SPECIAL: EntryType.SPECIAL,
}
