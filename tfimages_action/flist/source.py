"""What an image holds, read once from a tar stream: `docker export`, or a packed root.

Nothing is unpacked. The stream goes by once; each file's blocks are handed to worker threads
(hashing, compressing and writing all release the interpreter's lock) while the next are read.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from threading import BoundedSemaphore
from typing import IO, Final, Protocol, Self

from tfimages_action.errors import FlistError
from tfimages_action.flist.entries import (
    BLOCK_SIZE,
    DIRECTORY_SIZE,
    MODE_BITS,
    NO_DEVICE,
    Block,
    Entry,
    EntryType,
    SpecialType,
    parent_path,
    path_bytes,
    shown,
)
from tfimages_action.flist.headers import Header


class ByteStream(Protocol):
    """A pipe, a file, a socket: bytes in order, fewer than asked at will, none at the end."""

    def read(self, size: int = ..., /) -> bytes: ...


MakeBlock = Callable[[bytes], Block]
"""Turns a plain block into its keys, and keeps it or not. Called from several threads."""
MAX_BYTES: Final = 1 << 38
"""Of all files of one image (256 GiB): where a sparse file of exabytes ends."""
_XATTR_PREFIXES: Final = ("SCHILY.xattr.", "LIBARCHIVE.xattr.", "SCHILY.acl.")
_BATCH_BYTES: Final = 1024 * 1024
_BATCH_BLOCKS: Final = 64
"""Blocks are handed to a thread by so many: one at a time would cost more than it brings."""
_THREADS: Final = 2
_BATCHES: Final = 8
"""Batches that wait or are worked on, at most."""
_GZIP_MAGIC: Final = b"\x1f\x8b"
_TIME_LIMIT: Final = (1 << 32) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTree:
    """All entries of an image, sorted by the bytes of the paths; the root comes first.

    A hard link stands as a copy of what it links to, as the format has no other way.
    """

    entries: tuple[Entry, ...]
    xattrs: tuple[tuple[str, str], ...] = ()
    """(path, attribute's name) of each extended attribute: an flist can't keep them."""
    hard_links: int = 0


def key_only(plain: bytes) -> Block:
    """The block's key and no more: what it takes to compare."""
    return Block(key=blake2b(plain, digest_size=16).digest(), hash=b"")


def read_tree(
    stream: ByteStream, make_block: MakeBlock = key_only, *, max_bytes: int = MAX_BYTES
) -> SourceTree:
    """Read a plain tar stream to its end. Raises `FlistError` for a cut or hostile one."""
    with _Blocks(make_block) as blocks:
        reader = _Reader(_Forward(stream), blocks, max_bytes)
        try:
            reader.read()
        except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:
            raise FlistError(f"a damaged tar: {error}") from error
    return reader.tree()


@contextmanager
def open_archive(path: Path) -> Iterator[IO[bytes]]:
    """A tar file as a plain stream, gzip taken off if there is any."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            if not packed:
                yield raw
                return
            with gzip.GzipFile(fileobj=raw, mode="rb") as plain:
                yield io.BufferedReader(plain, BLOCK_SIZE)
    except OSError as error:
        raise FlistError(f"{path} can't be read: {error}") from error


class _Reader:
    def __init__(self, forward: _Forward, blocks: _Blocks, max_bytes: int) -> None:
        self._forward = forward
        self._blocks = blocks
        self._left = max_bytes
        self._entries: dict[str, Entry] = {}
        self._files: dict[str, list[_Slot]] = {}
        self._xattrs: dict[str, list[str]] = {}
        self._hard_links = 0
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
        return SourceTree(
            entries=tuple(ordered), xattrs=tuple(sorted(names)), hard_links=self._hard_links
        )

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
            self._hard_links += 1
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

    def _content(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> list[_Slot]:
        self._left -= member.size
        if self._left < 0:
            raise FlistError("hostile tar: its files are larger than the limits allow")
        if not member.issparse():
            return [self._blocks.add(plain) for plain in self._plain(member.size)]
        content = archive.extractfile(member)
        if content is None:
            raise FlistError("damaged tar: a sparse file without content")
        with content:
            sizes = _block_sizes(member.size)
            return [self._blocks.add(_exactly(content, size)) for size in sizes]

    def _plain(self, size: int) -> Iterator[bytes]:
        return (_exactly(self._forward, part) for part in _block_sizes(size))


class _Archive(tarfile.TarFile):
    members: list[tarfile.TarInfo]
    """Every header met; emptied as we go, or a large image would stay in memory."""
    tarinfo = Header


class _Batch:
    """Blocks that are made together."""

    __slots__ = ("blocks", "plain", "size")

    def __init__(self) -> None:
        self.plain: list[bytes] = []
        self.size = 0
        self.blocks: list[Block] = []


_Slot = tuple[_Batch, int]
"""Where a block will be found once its batch is made."""


class _Blocks:
    """Makes blocks in threads, a bounded number at a time."""

    def __init__(self, make: MakeBlock) -> None:
        self._make = make
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="blocks")
        self._room = BoundedSemaphore(_BATCHES)
        self._batch = _Batch()
        self._made: list[Future[None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if failure[0] is None:
            self._submit()
        self._pool.shutdown(wait=True, cancel_futures=failure[0] is not None)
        for future in self._made if failure[0] is None else ():
            future.result()

    def add(self, plain: bytes) -> _Slot:
        batch = self._batch
        batch.plain.append(plain)
        batch.size += len(plain)
        slot = batch, len(batch.plain) - 1
        if batch.size >= _BATCH_BYTES or len(batch.plain) >= _BATCH_BLOCKS:
            self._submit()
        return slot

    def _submit(self) -> None:
        batch, self._batch = self._batch, _Batch()
        self._room.acquire()
        future = self._pool.submit(self._run, batch)
        future.add_done_callback(lambda _: self._room.release())
        self._made.append(future)

    def _run(self, batch: _Batch) -> None:
        batch.blocks = [self._make(plain) for plain in batch.plain]
        batch.plain = []


class _Forward(io.RawIOBase):
    """A stream that can only go on, with the position that `tarfile` asks for."""

    def __init__(self, source: ByteStream) -> None:
        self._source = source
        self._at = 0
        self._last = b""

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        if whence or offset < self._at:
            raise FlistError("damaged tar: its parts are out of order")
        while self._at < offset:
            if not self.read(min(BLOCK_SIZE, offset - self._at)):
                raise FlistError("a cut tar: it ends in the middle of a file")
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        if size < 0 or size > MAX_BYTES:
            raise FlistError("damaged tar: a size out of bounds")
        data = self._read_some(size)
        if 0 < len(data) < size:
            data = self._read_on(data, size)
        self._last = data
        self._at += len(data)
        return data

    def _read_on(self, data: bytes, size: int) -> bytes:
        parts, size = [data], size - len(data)
        while size and (data := self._read_some(size)):
            parts.append(data)
            size -= len(data)
        return b"".join(parts)

    def finish(self) -> None:
        """Read on to the end. `tarfile` takes any damaged header as the end: we don't."""
        if self._last != b"\0" * tarfile.BLOCKSIZE:
            raise FlistError("a cut tar: it ends without its end mark")
        while self._read_some(BLOCK_SIZE):
            pass

    def _read_some(self, size: int) -> bytes:
        try:
            return self._source.read(min(size, BLOCK_SIZE))
        except (OSError, EOFError, zlib.error) as error:
            raise FlistError(f"a cut or damaged archive: {error}") from error


def _exactly(source: IO[bytes] | _Forward, size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise FlistError("a cut tar: it ends in the middle of a file")
    return data


def _block_sizes(size: int) -> Iterator[int]:
    while size > 0:
        yield min(size, BLOCK_SIZE)
        size -= BLOCK_SIZE


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
