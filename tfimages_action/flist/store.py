"""Blocks in a directory, by the name of their stored form: each once, whoever uses it.

    DIR/ab/ab12...   a stored block (its 32 hex digits)
    DIR/index        32-byte records: a block's key, then its name

The index names the blocks that are whole: such a one is neither encoded nor looked into again.
Lost or behind, it costs time and no more: a block it doesn't name is compared before it counts,
and one it names must be there.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Final

from tfimages_action.errors import FlistError
from tfimages_action.flist.blocks import decode, digest, encode
from tfimages_action.flist.entries import BLOCK_NAME, Block

_RECORD: Final = 2 * BLOCK_NAME
_INDEX: Final = "index"
_FLUSH_EVERY: Final = 1024


class Written:
    """What one conversion adds to a store that others may fill too. Counts in many threads."""

    def __init__(self) -> None:
        self.blocks = 0
        self.bytes = 0
        self._lock = threading.Lock()

    def add(self, size: int) -> None:
        """Count one more block, of so many bytes as stored."""
        with self._lock:
            self.blocks += 1
            self.bytes += size


class BlockStore:
    """A directory of blocks. Safe to use from many threads, and from many processes at once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._shards: set[str] = set()
        self._unflushed: list[bytes] = []
        self._writing: dict[bytes, threading.Event] = {}
        self.written_blocks = 0
        self.written_bytes = 0
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._names = _read_index(directory / _INDEX)
        except OSError as error:
            raise FlistError(f"the store {directory} can't be used: {error}") from error

    def put(self, plain: bytes, written: Written | None = None) -> Block:
        """Keep a block of at most 512 KiB; one that is there already is not written again.

        It counts for `written` if it was written for this very call.
        """
        key = digest(plain)
        name = self._names.get(key)
        if name is not None and self._has(name):
            return Block(key=key, hash=name)
        stored = encode(plain, key)
        block = Block(key=key, hash=digest(stored))
        try:
            new = self._keep(block, stored, lost=name is not None)
        except OSError as error:
            raise FlistError(f"the store {self._directory} can't be written: {error}") from error
        if new and written is not None:
            written.add(len(stored))
        return block

    def holds(self, block: Block) -> bool:
        """Whether the block is there; `get` says whether it is whole."""
        return self._has(block.hash)

    def get(self, block: Block) -> bytes:
        """The plain block, held against both its keys. Raises `FlistError`."""
        try:
            stored = self._path(block.hash).read_bytes()
        except OSError as error:
            raise FlistError(f"the block {block.hash.hex()} is not in the store") from error
        return decode(stored, block)

    def _has(self, name: bytes) -> bool:
        try:
            return self._path(name).stat().st_size > 0
        except OSError:
            return False

    def _path(self, name: bytes) -> Path:
        digits = name.hex()
        return self._directory / digits[:2] / digits

    def flush(self) -> None:
        """Bring the index up to date.

        A killed process leaves it behind, which costs no more than reading what is there.
        """
        with self._lock:
            records, self._unflushed = self._unflushed, []
        try:
            with (self._directory / _INDEX).open("ab", buffering=0) as index:
                index.write(b"".join(records))
        except OSError as error:
            raise FlistError(f"the store {self._directory} can't be written: {error}") from error

    def _keep(self, block: Block, stored: bytes, *, lost: bool) -> bool:
        """Write a block, unless another thread has just done so or is about to."""
        while True:
            with self._lock:
                if block.key in self._names and not lost:
                    return False
                other = self._writing.get(block.hash)
                mine = threading.Event()
                if other is None:
                    self._writing[block.hash] = mine
                    break
            other.wait()
            lost = False
        try:
            new = self._write(block, stored)
            self._count(block, stored, written=new)
        finally:
            with self._lock:
                del self._writing[block.hash]
            mine.set()
        return new

    def _write(self, block: Block, stored: bytes) -> bool:
        path = self._path(block.hash)
        if path.parent.name not in self._shards:
            path.parent.mkdir(exist_ok=True)
            self._shards.add(path.parent.name)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return self._mend(path, stored)
        with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123 - it is open already
            file.write(stored)
        return True

    def _count(self, block: Block, stored: bytes, *, written: bool) -> None:
        with self._lock:
            self.written_blocks += written
            self.written_bytes += len(stored) * written
            self._names[block.key] = block.hash
            self._unflushed.append(block.key + block.hash)
            due = len(self._unflushed) >= _FLUSH_EVERY
        if due:
            self.flush()

    def _mend(self, path: Path, stored: bytes) -> bool:
        """A block that is there but not in the index: whole, or left by a killed process."""
        if path.read_bytes() == stored:
            return False
        whole = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        whole.write_bytes(stored)
        whole.replace(path)
        return True


def _read_index(path: Path) -> dict[bytes, bytes]:
    """A record that a killed process left half written ends the index: the rest is found anew."""
    raw = path.read_bytes() if path.exists() else b""
    whole = len(raw) - len(raw) % _RECORD
    if whole != len(raw):
        with path.open("r+b") as index:
            index.truncate(whole)
    records = (raw[at : at + _RECORD] for at in range(0, whole, _RECORD))
    return {record[:BLOCK_NAME]: record[BLOCK_NAME:] for record in records}
