"""An archive as bytes that go by once, in order: never sought, never held whole."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Protocol

from tfimages_action.errors import FlistError
from tfimages_action.flist.entries import BLOCK_SIZE

MAX_BYTES: Final = 1 << 38
"""Of all files of one image (256 GiB): where a sparse file of exabytes ends."""
_GZIP_MAGIC: Final = b"\x1f\x8b"


class ByteStream(Protocol):
    """A pipe, a file, a socket: bytes in order, fewer than asked at will, none at the end."""

    def read(self, size: int = ..., /) -> bytes: ...


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


class Forward(io.RawIOBase):
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


def exactly(source: IO[bytes] | Forward, size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise FlistError("a cut tar: it ends in the middle of a file")
    return data


def block_sizes(size: int) -> Iterator[int]:
    while size > 0:
        yield min(size, BLOCK_SIZE)
        size -= BLOCK_SIZE
