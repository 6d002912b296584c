"""Packs an export for the Hub's upload: the file system as it is, with the start that ZOS reads.

The Hub writes `/.startup.toml` only when it converts an image itself. The packed file is spooled
to disk, compressed, since its length must be known before it is sent: a body of unknown length goes
in chunks, which HTTP/1.1 has, and the Hub was seen to answer as HTTP/1.0; to such a server no
chunks may be sent (RFC 9112, section 6.1). A full VM's archive is a file anyway.
"""

from __future__ import annotations

import errno
import gzip
import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from tfimages_action.errors import FlistError, StageError
from tfimages_action.flist.entries import STARTUP_PATH

_LEVEL: Final = 6
_MARGIN: Final = 1.25
"""The packing here is not the registry's: it may be a little larger."""
_MIB: Final = 1024 * 1024
_MEMBER: Final = STARTUP_PATH.removeprefix("/")


@contextmanager
def packed(export: IO[bytes], startup: bytes) -> Iterator[IO[bytes]]:
    """The export as `.tar.gz`, with `startup` in the place of its own `/.startup.toml`.

    Raises `FlistError` for an export that is cut.
    """
    with tempfile.TemporaryFile() as spool:
        try:
            _repack(export, spool, startup)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise StageError(
                    f"no room to pack the image for its upload in {tempfile.gettempdir()}",
                    hint="free space there, or set TMPDIR to a larger disk",
                ) from error
            raise FlistError(f"the image's export is cut or damaged: {error}") from error
        except (tarfile.TarError, EOFError) as error:
            raise FlistError(f"the image's export is cut or damaged: {error}") from error
        spool.seek(0)
        yield spool


def room_warning(size_bytes: int) -> str:
    """What to say before packing where the disk may not do; `size_bytes` as in the registry."""
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free >= size_bytes * _MARGIN:
        return ""
    return (
        f"{tempfile.gettempdir()} has {free / _MIB:.0f} MiB left, and the image takes about "
        f"{size_bytes / _MIB:.0f} MiB there until it is uploaded"
    )


def _repack(export: IO[bytes], spool: IO[bytes], startup: bytes) -> None:
    with (
        gzip.GzipFile(fileobj=spool, mode="wb", compresslevel=_LEVEL, mtime=0) as zipped,
        tarfile.open(fileobj=export, mode="r|", encoding="utf-8") as old,
        tarfile.open(fileobj=zipped, mode="w|", format=tarfile.GNU_FORMAT, encoding="utf-8") as new,
    ):
        for member in old:
            if member.name.removeprefix("./") == _MEMBER:
                continue
            new.addfile(member, old.extractfile(member) if member.isreg() else None)
        own = tarfile.TarInfo(_MEMBER)
        own.size, own.mode = len(startup), 0o644
        new.addfile(own, io.BytesIO(startup))
