"""Packs an export for the Hub's upload: the file system as it is, with the start that ZOS reads.

The Hub writes `/.startup.toml` only when it converts an image itself. The packed file is spooled
to disk, compressed: its length must be known before it is sent, and a second try needs it again.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from tfimages_action.errors import FlistError
from tfimages_action.flist.entries import STARTUP_PATH

_LEVEL: Final = 6
_MEMBER: Final = STARTUP_PATH.removeprefix("/")


@contextmanager
def packed(export: IO[bytes], startup: bytes) -> Iterator[IO[bytes]]:
    """The export as `.tar.gz`, with `startup` in the place of its own `/.startup.toml`.

    Raises `FlistError` for an export that is cut.
    """
    with tempfile.TemporaryFile() as spool:
        try:
            _repack(export, spool, startup)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise FlistError(f"the image's export is cut or damaged: {error}") from error
        spool.seek(0)
        yield spool


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
