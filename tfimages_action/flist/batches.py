"""Blocks made in threads, many at a time: hashing, compressing and writing release the lock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import blake2b
from threading import BoundedSemaphore
from typing import Final, Self

from tfimages_action.flist.entries import Block

MakeBlock = Callable[[bytes], Block]
"""Turns a plain block into its keys, and keeps it or not. Called from several threads."""
_BATCH_BYTES: Final = 1024 * 1024
_BATCH_BLOCKS: Final = 64
"""Blocks are handed to a thread by so many: one at a time would cost more than it brings."""
_THREADS: Final = 2
_BATCHES: Final = 8
"""Batches that wait or are worked on, at most."""


def key_only(plain: bytes) -> Block:
    """The block's key and no more: what it takes to compare."""
    return Block(key=blake2b(plain, digest_size=16).digest(), hash=b"")


class _Batch:
    """Blocks that are made together."""

    __slots__ = ("blocks", "plain", "size")

    def __init__(self) -> None:
        self.plain: list[bytes] = []
        self.size = 0
        self.blocks: list[Block] = []


Slot = tuple[_Batch, int]
"""Where a block will be found once its batch is made."""


class Blocks:
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

    def add(self, plain: bytes) -> Slot:
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
