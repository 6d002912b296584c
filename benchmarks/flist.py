"""How long it takes to convert an image here, against unpacking and hashing it."""

from __future__ import annotations

import resource
import shutil
import subprocess
import tempfile
import time
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from benchmarks.report import add_part
from benchmarks.sample_image import MEGABYTE, container, export
from tfimages_action.flist.entries import BLOCK_SIZE
from tfimages_action.flist.startup import StartConfig
from tfimages_action.flist.store import BlockStore
from tfimages_action.flist.writer import build_flist

ROUNDS: Final = 3


def run(megabytes: int = 350) -> dict[str, Any]:
    """Return the best of several rounds, floor and conversion in turn, into empty folders."""
    with container(megabytes) as made, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        rounds = [(_floor(made, folder / "root"), _build(made, folder)) for _ in range(ROUNDS)]
        size = _again(made, folder)
    floor, seconds = (min(side) for side in zip(*rounds, strict=True))
    return {
        "image_mb": size // MEGABYTE,
        "seconds": round(seconds, 3),
        "floor_seconds": round(floor, 3),
        "ratio": round(seconds / floor, 2),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _floor(made: str, root: Path) -> float:
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    start = time.perf_counter()
    with export(made) as stream:
        subprocess.run(["tar", "-xpf", "-", "-C", str(root)], stdin=stream, check=True)
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                while part := file.read(BLOCK_SIZE):
                    blake2b(part, digest_size=16).digest()
    return time.perf_counter() - start


def _build(made: str, folder: Path) -> float:
    shutil.rmtree(folder / "store", ignore_errors=True)
    start = time.perf_counter()
    with export(made) as stream:
        built = build_flist(stream, BlockStore(folder / "store"), config=StartConfig())
    (folder / "image.flist").write_bytes(built.raw)
    return time.perf_counter() - start


def _again(made: str, folder: Path) -> int:
    """Convert the same image once more: nothing may be written. Returns the image's size."""
    store = BlockStore(folder / "store")
    with export(made) as stream:
        built = build_flist(stream, store, config=StartConfig())
    if store.written_blocks:
        raise RuntimeError(f"{store.written_blocks} unchanged blocks were written again")
    return sum(entry.size for entry in built.entries)


if __name__ == "__main__":
    add_part("flist", run())
