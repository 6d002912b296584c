"""What an image holds, read once from a tar stream: `docker export`, or a packed root.

Nothing is unpacked. The stream goes by once; each file's blocks are handed to worker threads
(hashing, compressing and writing all release the interpreter's lock) while the next are read.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from tfimages_action.errors import FlistError
from tfimages_action.flist.batches import Blocks, MakeBlock, Slot, key_only
from tfimages_action.flist.entries import (
    DIRECTORY_SIZE,
    MODE_BITS,
    NO_DEVICE,
    Entry,
    EntryType,
    SpecialType,
    parent_path,
    path_bytes,
    shown,
)
from tfimages_action.flist.headers import Header
from tfimages_action.flist.stream import MAX_BYTES, ByteStream, Forward, block_sizes, exactly

_XATTR_PREFIXES: Final = ("SCHILY.xattr.", "LIBARCHIVE.xattr.", "SCHILY.acl.")
_TIME_LIMIT: Final = (1 << 32) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTree:
    """All entries of an image, sorted by the bytes of the paths; the root comes first.

    A hard link stands as a copy of what it links to, as the format has no other way.
    """

    entries: tuple[Entry, ...]
    xattrs: tuple[tuple[str, str], ...] = ()
    """(path, attribute's name) of each extended attribute: an flist can't keep them."""


def read_tree(
    stream: ByteStream, make_block: MakeBlock = key_only, *, max_bytes: int = MAX_BYTES
) -> SourceTree:
    """Read a plain tar stream to its end. Raises `FlistError` for a cut or hostile one."""
    with Blocks(make_block) as blocks:
        reader = _Reader(Forward(stream), blocks, max_bytes)
        try:
            reader.read()
        except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:
            raise FlistError(f"a damaged tar: {error}") from error
    return reader.tree()


class _Reader:
    def __init__(self, forward: Forward, blocks: Blocks, max_bytes: int) -> None:
        self._forward = forward
        self._blocks = blocks
        self._left = max_bytes
        self._entries: dict[str, Entry] = {}
        self._files: dict[str, list[Slot]] = {}
        self._xattrs: dict[str, list[str]] = {}
        self._imply("/")

    def read(self) -> None:
        with _Archive(
            fileobj=self._forward, mode="r", encoding="utf-8", errors="surrogateescape"
        ) as archive:
            while member := archive.next():
                self._add(archive, member)
                archive.members.clear()
        self._forward.finish()

    def tree(self) -> SourceTree:
        """To be called when all blocks are made."""
        for path, slots in self._files.items():
            blocks = tuple(batch.blocks[index] for batch, index in slots)
            self._entries[path] = self._entries[path].with_blocks(blocks)
        ordered = sorted(self._entries.values(), key=lambda entry: path_bytes(entry.path))
        names = ((path, name) for path, found in self._xattrs.items() for name in found)
        return SourceTree(entries=tuple(ordered), xattrs=tuple(sorted(names)))

    def _add(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        path = _clean(member.name)
        self._imply(parent_path(path))
        entry = self._hard_link(path, member) if member.islnk() else _entry(path, member)
        old = self._entries.get(path)
        directory = entry.type is EntryType.DIRECTORY
        if old is not None and directory != (old.type is EntryType.DIRECTORY):
            raise FlistError(f"hostile tar: {shown(path)} is a directory and also none")
        self._entries[path] = entry
        self._xattrs[path] = [
            name.split(".", 2)[2] if ".xattr." in name else name.split(".", 1)[1]
            for name in member.pax_headers
            if name.startswith(_XATTR_PREFIXES)
        ]
        if member.islnk():
            target = _clean(member.linkname)
            self._files[path] = self._files.get(target, [])
        elif entry.size and entry.type is EntryType.FILE:
            self._files[path] = self._content(archive, member)
        else:
            self._files.pop(path, None)

    def _imply(self, path: str) -> None:
        """A directory that the tar doesn't name is made as unpacking would make it."""
        missing = []
        while path not in self._entries:
            missing.append(path)
            if path == "/":
                break
            path = parent_path(path)
        for name in reversed(missing):
            self._entries[name] = Entry(
                path=name, type=EntryType.DIRECTORY, mode=0o755, size=DIRECTORY_SIZE
            )
        if self._entries[path].type is not EntryType.DIRECTORY:
            raise FlistError(f"hostile tar: {shown(path)} is no directory, yet has entries")

    def _hard_link(self, path: str, member: tarfile.TarInfo) -> Entry:
        target = self._entries.get(_clean(member.linkname))
        if target is None or target.type is EntryType.DIRECTORY:
            raise FlistError(f"damaged tar: {shown(path)} is a hard link to nothing before it")
        return replace(target, path=path)

    def _content(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> list[Slot]:
        self._left -= member.size
        if self._left < 0:
            raise FlistError("hostile tar: its files are larger than the limits allow")
        if not member.issparse():
            return [self._blocks.add(plain) for plain in self._plain(member.size)]
        content = archive.extractfile(member)
        if content is None:
            raise FlistError("damaged tar: a sparse file without content")
        with content:
            sizes = block_sizes(member.size)
            return [self._blocks.add(exactly(content, size)) for size in sizes]

    def _plain(self, size: int) -> Iterator[bytes]:
        return (exactly(self._forward, part) for part in block_sizes(size))


class _Archive(tarfile.TarFile):
    members: list[tarfile.TarInfo]
    """Every header met; emptied as we go, or a large image would stay in memory."""
    tarinfo = Header


def _clean(name: str) -> str:
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if ".." in parts or "\0" in name:
        raise FlistError(f"hostile tar: the path {shown(name)!r} leads out of it")
    return "/" + "/".join(parts)


def _entry(path: str, member: tarfile.TarInfo) -> Entry:
    kind, size, target, special = _kind(path, member)
    numbers = f"{member.devmajor},{member.devminor}" if special else ""
    return Entry(
        path=path,
        type=kind,
        mode=member.mode & MODE_BITS,
        uid=member.uid,
        gid=member.gid,
        uname=member.uname,
        gname=member.gname,
        size=size,
        target=target,
        special=special,
        device=NO_DEVICE if special is SpecialType.FIFO else numbers,
        mtime=min(max(int(member.mtime), 0), _TIME_LIMIT),
    )


def _kind(path: str, member: tarfile.TarInfo) -> tuple[EntryType, int, str, SpecialType | None]:
    """Type, size, a link's target, a special file's kind."""
    if member.isreg():
        return EntryType.FILE, member.size, "", None
    if member.isdir():
        return EntryType.DIRECTORY, DIRECTORY_SIZE, "", None
    if member.issym():
        return EntryType.LINK, len(path_bytes(member.linkname)), member.linkname, None
    if member.isdev():
        return EntryType.SPECIAL, 0, "", _SPECIAL[member.type]
    raise FlistError(f"damaged tar: {shown(path)} is of unknown type {member.type!r}")


_SPECIAL: Final = {
    tarfile.CHRTYPE: SpecialType.CHARACTER,
    tarfile.BLKTYPE: SpecialType.BLOCK,
    tarfile.FIFOTYPE: SpecialType.FIFO,
}
