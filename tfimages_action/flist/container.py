"""The file around the entries: gzip, in it a tar, in it one SQLite database.

The database is opened in memory and read as data: its schema is not trusted, its tables must be
tables, and no statement but plain look-ups by key runs on it.
"""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import IO, Final

from tfimages_action.errors import FlistError

DATABASE_NAME: Final = "flistdb.sqlite3"
_TABLES: Final = {"entries", "metadata"}
_MAGIC: Final = b"SQLite format 3\0"
_CHUNK: Final = 64 * 1024
_MAX_VALUE: Final = 64 * 1024 * 1024
_SCHEMA: Final = (
    "CREATE TABLE entries (key VARCHAR(64) PRIMARY KEY, value BLOB)",
    "CREATE TABLE metadata (key VARCHAR(64) PRIMARY KEY, value TEXT)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much an flist may ask of this machine."""

    database_bytes: int = 256 * 1024 * 1024
    """Uncompressed. Ubuntu's 7,236 entries take 3 MB."""
    entries: int = 4_000_000
    path_bytes: int = 4096


class Database:
    """An flist's database, for reading."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def value(self, key: bytes) -> bytes | None:
        """The record under `key`, or `None`. Raises `FlistError`."""
        row = self._row("SELECT value FROM entries WHERE key = ?", key.decode("ascii", "replace"))
        if row is None:
            return None
        if not isinstance(row, bytes):
            raise FlistError("damaged flist: a record is not binary")
        return row

    def metadata(self) -> dict[str, object]:
        """What the metadata table says, decoded; an undecodable value stays text."""
        try:
            rows = self._connection.execute("SELECT key, value FROM metadata").fetchmany(1000)
        except (sqlite3.Error, UnicodeDecodeError):
            return {}
        return {str(key): _decoded(value) for key, value in rows}

    def _row(self, query: str, key: str) -> object:
        try:
            row = self._connection.execute(query, (key,)).fetchone()
        except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
            raise FlistError(f"damaged flist: its database can't be read: {error}") from error
        return None if row is None else row[0]


@contextmanager
def open_database(source: IO[bytes], limits: Limits) -> Iterator[Database]:
    """Unpack an flist's database from a binary stream. Raises `FlistError`."""
    raw = unpack(source, limits)
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.deserialize(raw)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            _check_tables(connection)
        except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
            raise FlistError(f"damaged flist: its database can't be read: {error}") from error
        yield Database(connection)


def unpack(source: IO[bytes], limits: Limits) -> bytes:
    """The bytes of the database in an flist. Raises `FlistError`."""
    try:
        with gzip.GzipFile(fileobj=source, mode="rb") as plain:
            capped = _Capped(plain, limits.database_bytes)
            with tarfile.open(fileobj=capped, mode="r|") as archive:
                raw = _database_bytes(archive, limits)
            while capped.read(_CHUNK):
                pass  # to gzip's own checksum, which stands at the very end
            return raw
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError, OverflowError) as error:
        raise FlistError(f"no flist, or a damaged one: {error}") from error


def pack(entries: Mapping[bytes, bytes], metadata: Mapping[str, str], *, made_at: int) -> bytes:
    """An flist of these records: the same bytes for the same records.

    `metadata` values are JSON texts; `made_at` (seconds since 1970) dates the tar's members.
    """
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in _SCHEMA:
            connection.execute(statement)
        rows = ((key.decode("ascii"), value) for key, value in entries.items())
        connection.executemany("INSERT INTO entries VALUES (?, ?)", rows)
        connection.executemany("INSERT INTO metadata VALUES (?, ?)", metadata.items())
        connection.commit()
        database = connection.serialize()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        root = tarfile.TarInfo("./")
        root.type, root.mode, root.mtime = tarfile.DIRTYPE, 0o700, made_at
        archive.addfile(root)
        member = tarfile.TarInfo(f"./{DATABASE_NAME}")
        member.size, member.mode, member.mtime = len(database), 0o644, made_at
        archive.addfile(member, io.BytesIO(database))
    return gzip.compress(packed.getvalue(), mtime=0)


def _database_bytes(archive: tarfile.TarFile, limits: Limits) -> bytes:
    for member in archive:
        if member.name.removeprefix("./") != DATABASE_NAME:
            continue
        if not member.isreg() or member.issparse() or member.size > limits.database_bytes:
            raise FlistError("hostile flist: its database is no plain file within the limits")
        content = archive.extractfile(member)
        raw = content.read() if content else b""
        if len(raw) != member.size:
            raise FlistError("damaged flist: its database is cut")
        if not raw.startswith(_MAGIC):
            raise FlistError("no flist: what stands for its database is none")
        return raw
    raise FlistError("no flist: there is no database in it")


def _check_tables(connection: sqlite3.Connection) -> None:
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchmany(100)
    tables = {name for kind, name, sql in rows if kind == "table" and "VIRTUAL" not in sql.upper()}
    if not {"entries"} <= tables:
        raise FlistError("no flist: its database has no table of entries")
    if any(kind in {"view", "trigger"} or name in _TABLES - tables for kind, name, _ in rows):
        raise FlistError("hostile flist: its database has more than tables")


def _decoded(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


class _Capped(io.RawIOBase):
    """A stream that ends in an error where a bomb would go on."""

    def __init__(self, source: gzip.GzipFile, limit: int) -> None:
        self._source = source
        self._left = limit + 1024 * 1024

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(size if 0 <= size <= self._left else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise FlistError("hostile flist: it unpacks to more than the limits allow")
        return data
