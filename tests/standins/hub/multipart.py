"""Reads a request's body from disk: form fields, and the one uploaded file as a file."""

from __future__ import annotations

import mmap
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO
from urllib.parse import parse_qsl

_PARAMETER = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_CHUNK = 1 << 20


@dataclass(kw_only=True)
class Form:
    fields: dict[str, str] = field(default_factory=dict)
    filename: str | None = None
    """`None`: no part named `file`."""
    file: IO[bytes] | None = None


@contextmanager
def read_form(body: IO[bytes], length: int, content_type: str) -> Iterator[Form]:
    with spool_body(body, length) as spool:
        form = _parsed(spool, length, content_type)
    try:
        yield form
    finally:
        if form.file:
            form.file.close()


def _parsed(spool: IO[bytes], length: int, content_type: str) -> Form:
    if content_type.startswith("application/x-www-form-urlencoded"):
        return Form(fields=dict(parse_qsl(spool.read().decode())))
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    if not content_type.startswith("multipart/form-data") or boundary is None or not length:
        return Form()
    form = Form()
    for head, start, end in _parts(spool, f"--{boundary[1]}".encode()):
        names = dict(_PARAMETER.findall(head))
        if "filename" not in names:
            spool.seek(start)
            form.fields[names["name"]] = spool.read(end - start).decode()
        elif names["name"] == "file":
            form.filename = names["filename"].replace('\\"', '"')
            form.file = _copy(spool, start, end)
    return form


def spool_body(body: IO[bytes], length: int) -> IO[bytes]:
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - handed over
    while length:
        data = body.read(min(_CHUNK, length))
        if not data:
            break
        spool.write(data)
        length -= len(data)
    spool.seek(0)
    return spool


def _parts(spool: IO[bytes], delimiter: bytes) -> Iterator[tuple[str, int, int]]:
    with mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = data.find(delimiter)
        while start >= 0:
            start += len(delimiter) + 2
            end = data.find(b"\r\n" + delimiter, start - 2)
            if end < 0:
                return
            blank = data.find(b"\r\n\r\n", start, end)
            yield data[start:blank].decode(), blank + 4, end
            start = end + 2


def _copy(spool: IO[bytes], start: int, end: int) -> IO[bytes]:
    part = tempfile.TemporaryFile()  # noqa: SIM115 - handed over
    spool.seek(start)
    left = end - start
    while left:
        data = spool.read(min(_CHUNK, left))
        part.write(data)
        left -= len(data)
    part.seek(0)
    return part
