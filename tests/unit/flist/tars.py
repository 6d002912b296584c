"""Tars made by hand, as `docker export` and others make them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable


class Tar:
    """A tar in the making; `done()` ends it."""

    def __init__(self, format: int = tarfile.PAX_FORMAT) -> None:  # noqa: A002 - tarfile's word
        self._buffer = io.BytesIO()
        self._archive = tarfile.TarFile(
            fileobj=self._buffer, mode="w", format=format, errors="surrogateescape"
        )

    def add(
        self,
        name: str,
        content: bytes = b"",
        *,
        kind: bytes = tarfile.REGTYPE,
        mode: int = 0o644,
        owner: tuple[int, int] = (0, 0),
        target: str = "",
        device: tuple[int, int] = (0, 0),
        mtime: int = 0,
        pax: dict[str, str] | None = None,
    ) -> Tar:
        member = tarfile.TarInfo(name)
        member.type, member.mode, member.linkname, member.mtime = kind, mode, target, mtime
        member.uid, member.gid = owner
        member.devmajor, member.devminor = device
        member.size = len(content)
        member.pax_headers = pax or {}
        self._archive.addfile(member, io.BytesIO(content))
        return self

    def folder(self, *names: str, mode: int = 0o755) -> Tar:
        for name in names:
            self.add(name, kind=tarfile.DIRTYPE, mode=mode)
        return self

    def done(self) -> bytes:
        self._archive.close()
        return self._buffer.getvalue()

    def stream(self) -> Pipe:
        return Pipe([self.done()])


class Pipe(io.RawIOBase):
    """A stream like a pipe's: no seeking, and reads that give less than asked."""

    def __init__(self, chunks: Iterable[bytes], most: int = 70_000) -> None:
        self._content = io.BytesIO(b"".join(chunks))
        self._most = most

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._content.read(self._most if size < 0 else min(size, self._most))
