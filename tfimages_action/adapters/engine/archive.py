"""Packs a full VM's root filesystem: BuildKit's tar, compressed as it comes, never stored raw."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

_CHUNK: Final = 1 << 20
_LEVEL: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A finished archive."""

    path: Path
    sha256: str
    size_bytes: int


class Packer:
    """Writes `path`; the same tar gives the same bytes (no name and no time in the header)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digest = hashlib.sha256()

    def pack(self, tar: IO[bytes]) -> None:
        """Read the tar to its end."""
        with (
            self._path.open("wb") as file,
            gzip.GzipFile("", "wb", _LEVEL, _Tee(file, self._digest), mtime=0) as packed,
        ):
            while chunk := tar.read(_CHUNK):
                packed.write(chunk)

    def result(self) -> Packed:
        """What was written."""
        return Packed(
            path=self._path,
            sha256=self._digest.hexdigest(),
            size_bytes=self._path.stat().st_size,
        )

    def discard(self) -> None:
        """Remove a half-written archive."""
        self._path.unlink(missing_ok=True)


class _Tee:
    """What `GzipFile` writes to: the file, and its digest on the way."""

    def __init__(self, file: IO[bytes], digest: hashlib._Hash) -> None:
        self._file = file
        self._digest = digest

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()
