"""The image that a real Hub converted, with all that it answered (tests/data/hub-sample)."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any, cast

DATA = Path(__file__).parents[2] / "data" / "hub-sample"
FLIST = DATA / "mixed.flist"


def export() -> bytes:
    """The uncompressed `docker export`."""
    return gzip.decompress((DATA / "mixed-export.tar.gz").read_bytes())


def answer(name: str) -> dict[str, Any]:
    """One of the Hub's answers: `dump`, `light`, `convert`; or the image's `config`."""
    return cast("dict[str, Any]", json.loads((DATA / f"{name}.json").read_text()))


def database() -> bytes:
    """The sample's SQLite file."""
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(FLIST.read_bytes()))) as archive:
        member = archive.extractfile("./flistdb.sqlite3")
        assert member
        return member.read()


def flist_of(database_bytes: bytes, name: str = "./flistdb.sqlite3", padding: bytes = b"") -> bytes:
    """An flist around any bytes, `padding` after the tar's end."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(database_bytes)
        archive.addfile(member, io.BytesIO(database_bytes))
    return gzip.compress(packed.getvalue() + padding)


def edited(*statements: str) -> bytes:
    """The sample's flist after these SQL statements."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(database())
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        return flist_of(connection.serialize())
