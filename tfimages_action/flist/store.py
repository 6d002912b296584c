"""Blocks in a directory, by the name of their stored form: each once, whoever uses it.

    DIR/ab/ab12...   a stored block (its 32 hex digits)
    DIR/index        32-byte records: a block's key, then its name

The index only saves work: a block that is stored already isn't encoded again. Lost or damaged,
it costs time and no more, since a record counts only while the block it names is there.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Final

from tfimages_action.errors import FlistError
from tfimages_action.flist.blocks import decode, digest, encode
from tfimages_action.flist.entries import Block

_DIGEST: Final = 16
_RECORD: Final = 2 * _DIGEST
_INDEX: Final = "index"


class BlockStore:
    """A directory of blocks. Safe to use from many threads, and from many processes at once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._shards: set[str] = set()
        self.written_blocks = 0
        self.written_bytes = 0
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._names = _read_index(directory / _INDEX)
        except OSError as error:
            raise FlistError(f"the store {directory} can't be used: {error}") from error

    def put(self, plain: bytes) -> Block:
        """Keep a block of at most 512 KiB; one that is there already is not written again."""
        key = digest(plain)
        name = self._names.get(key)
        if name is not None and self._has(name):
            return Block(key=key, hash=name)
        stored = encode(plain, key)
        block = Block(key=key, hash=digest(stored))
        try:
            self._write(block, stored)
        except OSError as error:
            raise FlistError(f"the store {self._directory} can't be written: {error}") from error
        return block

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

    def _write(self, block: Block, stored: bytes) -> None:
        path = self._path(block.hash)
        if not self._has(block.hash):
            if path.parent.name not in self._shards:
                path.parent.mkdir(exist_ok=True)
                self._shards.add(path.parent.name)
            unfinished = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
            unfinished.write_bytes(stored)
            unfinished.replace(path)
            with self._lock:
                self.written_blocks += 1
                self.written_bytes += len(stored)
        with self._lock:
            self._names[block.key] = block.hash
            with (self._directory / _INDEX).open("ab", buffering=0) as index:
                index.write(block.key + block.hash)


def _read_index(path: Path) -> dict[bytes, bytes]:
    """A record that a killed process left half written ends the index: the rest is found anew."""
    raw = path.read_bytes() if path.exists() else b""
    whole = len(raw) - len(raw) % _RECORD
    if whole != len(raw):
        with path.open("r+b") as index:
            index.truncate(whole)
    records = (raw[at : at + _RECORD] for at in range(0, whole, _RECORD))
    return {record[:_DIGEST]: record[_DIGEST:] for record in records}
