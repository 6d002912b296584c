"""A multipart body that streams a file: its length is known, its content is never in memory."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Final

Progress = Callable[[int, int], None]
"""Takes bytes sent and bytes in all."""
_CRLF: Final = "\r\n"
_BLOCK: Final = 1 << 16


class MultipartFile:
    """File-like body of one upload: form fields first, then the one file.

    Sent with a Content-Length: the Hub answers as HTTP/1.0, which knows no chunks (packing.py).
    """

    def __init__(
        self,
        source: IO[bytes],
        *,
        filename: str,
        fields: Mapping[str, str],
        progress: Progress | None = None,
    ) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        head = "".join(
            f'--{boundary}{_CRLF}Content-Disposition: form-data; name="{_quoted(name)}"'
            f"{_CRLF}{_CRLF}{value}{_CRLF}"
            for name, value in fields.items()
        )
        head += (
            f'--{boundary}{_CRLF}Content-Disposition: form-data; name="file"; '
            f'filename="{_quoted(filename)}"{_CRLF}'
            f"Content-Type: application/octet-stream{_CRLF}{_CRLF}"
        )
        start = source.tell()
        size = source.seek(0, io.SEEK_END) - start
        source.seek(start)
        tail = f"{_CRLF}--{boundary}--{_CRLF}".encode()
        self._parts: list[IO[bytes]] = [io.BytesIO(head.encode()), source, io.BytesIO(tail)]
        self._length = len(head.encode()) + size + len(tail)
        self._sent = 0
        self._progress = progress

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read(_BLOCK):
            yield data

    def read(self, size: int = -1) -> bytes:
        """The next bytes of the body; empty at its end."""
        wanted = self._length if size < 0 else size
        data = b""
        while self._parts and not data:
            data = self._parts[0].read(wanted)
            if not data:
                self._parts.pop(0)
        self._sent += len(data)
        if data and self._progress:
            self._progress(self._sent, self._length)
        return data


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "")
