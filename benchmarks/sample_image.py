"""An image like a distribution's, always the same: 350 MB in 7,236 entries, half compressible.

Its measure is Ubuntu 24.04 as the Hub counted it: 5,744 files, 549 links, 936 folders, 7 devices.
"""

from __future__ import annotations

import io
import random
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

MEGABYTE: Final = 1_000_000
FILES, LINKS, FOLDERS, DEVICES = 5_744, 549, 936, 7
_POOL: Final = 24 * MEGABYTE
_PIECE: Final = 65536


@contextmanager
def container(megabytes: int = 350) -> Iterator[str]:
    """Return a container of the image, to be exported at will; both are removed at the end."""
    name = f"tfimages-benchmark-{megabytes}mb"
    with tempfile.TemporaryDirectory() as scratch:
        packed = Path(scratch) / "root.tar"
        write_tar(packed, megabytes)
        _docker("import", str(packed), name)
    made = _docker("create", name, "none")
    try:
        yield made
    finally:
        _docker("rm", made)
        _docker("rmi", name)


@contextmanager
def export(made: str) -> Iterator[IO[bytes]]:
    """Return the container's file system as a tar stream."""
    with subprocess.Popen(["docker", "export", made], stdout=subprocess.PIPE) as child:
        assert child.stdout
        yield child.stdout
    if child.returncode:
        raise RuntimeError("docker export failed")


def write_tar(path: Path, megabytes: int) -> None:
    chance = random.Random(350)
    pool = b"".join(
        chance.randbytes(_PIECE) if chance.random() < 0.5 else _text(chance)
        for _ in range(_POOL // _PIECE)
    )
    weights = [chance.lognormvariate(0, 2) for _ in range(FILES)]
    scale = megabytes * MEGABYTE / sum(weights)
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        folders = [f"usr/d{number}" for number in range(FOLDERS - 1)]
        for folder in ("usr", *folders):
            _add(archive, folder, tarfile.DIRTYPE, 0o755)
        for number, weight in enumerate(weights):
            content = _slice(pool, chance, int(weight * scale))
            _add(archive, f"{chance.choice(folders)}/f{number}", tarfile.REGTYPE, 0o644, content)
        for number in range(LINKS):
            _add(archive, f"{chance.choice(folders)}/l{number}", tarfile.SYMTYPE, 0o777)
        for number in range(DEVICES):
            _add(archive, f"usr/n{number}", tarfile.FIFOTYPE, 0o600)


def _text(chance: random.Random) -> bytes:
    line = b" ".join(chance.randbytes(3).hex().encode() for _ in range(40))
    return (line * 250)[:_PIECE]


def _slice(pool: bytes, chance: random.Random, size: int) -> bytes:
    parts = []
    while size > 0:
        at = chance.randrange(len(pool) - _PIECE)
        parts.append(pool[at : at + min(size, MEGABYTE)])
        size -= len(parts[-1])
    return b"".join(parts)


def _add(archive: tarfile.TarFile, name: str, kind: bytes, mode: int, content: bytes = b"") -> None:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.size = kind, mode, len(content)
    member.linkname = "../target" if kind == tarfile.SYMTYPE else ""
    archive.addfile(member, io.BytesIO(content))


def _docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()
