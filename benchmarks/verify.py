"""How long it takes to prove an flist equal to its image, against reading and hashing the image."""

from __future__ import annotations

import io
import resource
import time
from hashlib import blake2b
from typing import Any, Final

from benchmarks.report import add_part
from benchmarks.sample_image import MEGABYTE, container, export
from tfimages_action.flist.batches import key_only
from tfimages_action.flist.compare import compare
from tfimages_action.flist.entries import BLOCK_SIZE, Block
from tfimages_action.flist.merkle import merkle_root
from tfimages_action.flist.reader import read_flist
from tfimages_action.flist.source import read_tree
from tfimages_action.flist.writer import Conversion, converted, write_flist

ROUNDS: Final = 5


def run(megabytes: int = 350) -> dict[str, Any]:
    """Return the best of several rounds, floor and verification in turn."""
    with container(megabytes) as made:
        with export(made) as stream:
            entries = read_tree(stream, _named).entries
        flist = write_flist(converted(entries, Conversion()))
        rounds = [(_floor(made), _verify(made, flist)) for _ in range(ROUNDS)]
    floor, seconds = (min(side) for side in zip(*rounds, strict=True))
    return {
        "image_mb": sum(entry.size for entry in entries) // MEGABYTE,
        "seconds": round(seconds, 3),
        "floor_seconds": round(floor, 3),
        "ratio": round(seconds / floor, 2),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _named(plain: bytes) -> Block:
    """A block whose name doesn't matter here: nothing is stored."""
    key = key_only(plain).key
    return Block(key=key, hash=key)


def _floor(made: str) -> float:
    start = time.perf_counter()
    with export(made) as stream:
        while part := stream.read(BLOCK_SIZE):
            blake2b(part, digest_size=16).digest()
    return time.perf_counter() - start


def _verify(made: str, raw: bytes) -> float:
    start = time.perf_counter()
    flist = read_flist(io.BytesIO(raw))
    with export(made) as stream:
        source = read_tree(stream)
    comparison = compare(source, flist, None)
    merkle_root(flist.entries)
    if not comparison.equal:
        raise RuntimeError(comparison.describe())
    return time.perf_counter() - start


if __name__ == "__main__":
    add_part("verify", run())
