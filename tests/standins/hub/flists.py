"""Real flists, by the package's own writer, and what the Hub tells of them."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tfimages_action.errors import FlistError
from tfimages_action.flist.batches import MakeBlock
from tfimages_action.flist.entries import STARTUP_PATH, Entry, EntryType
from tfimages_action.flist.reader import FlistFile, read_flist
from tfimages_action.flist.source import SourceTree, read_tree
from tfimages_action.flist.startup import StartConfig, startup_entry
from tfimages_action.flist.store import BlockStore
from tfimages_action.flist.writer import Conversion, converted, write_flist

_BACKEND = {"namespace": "default", "host": "hub.example", "port": 9900}
_MAX_PATH = 2047


@dataclass(frozen=True, kw_only=True)
class Made:
    """An flist's file and its entries."""

    content: bytes
    entries: tuple[Entry, ...]
    metadata: Mapping[str, object] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, object]:
        """As a dump has them."""
        return _counts(self.entries)

    @property
    def statistics(self) -> dict[str, object]:
        """As a conversion has them: its `directory` is no number of directories."""
        counts = self.counts
        return {**counts, "directory": 3 * int(str(counts["directory"])) + 5}


class Flists:
    """Makes flists whose blocks are in one store."""

    def __init__(self, folder: Path) -> None:
        self._store = BlockStore(folder)

    def from_export(self, export: IO[bytes], config: Mapping[str, Any]) -> Made:
        tree = read_tree(export, self._store.put)
        return self._startup(tree, StartConfig.of(config))

    def from_archive(self, archive: IO[bytes], metadata: Mapping[str, str]) -> Made | None:
        """`tar -xpf` of what came, however much of it there is; `None`: nothing could be read."""
        with tempfile.TemporaryFile() as plain:
            if not _unpacked(archive, plain):
                return None
            plain.seek(0)
            tree = read_tree(plain, self._store.put)
        return write(converted(tree.entries, _now()), dict(metadata))

    def _startup(self, tree: SourceTree, config: StartConfig) -> Made:
        others = [entry for entry in tree.entries if entry.path != STARTUP_PATH]
        put: MakeBlock = self._store.put
        startup = startup_entry(config, put, int(time.time()))
        return write(converted([*others, startup], _now()))


def write(entries: Sequence[Entry], metadata: Mapping[str, object] | None = None) -> Made:
    whole = {"backend": _BACKEND, **(metadata or {})}
    content = write_flist(entries, whole, made_at=int(time.time()))
    return Made(content=content, entries=tuple(entries), metadata=whole)


def empty() -> Made:
    """What a conversion leaves whose storage is down."""
    return write([Entry(path="/", type=EntryType.DIRECTORY, mode=0o755, size=4096)])


def part(made: Made) -> Made:
    """The directories, and the first half of the rest."""
    rest = [entry for entry in made.entries if entry.type is not EntryType.DIRECTORY]
    kept = set(rest[: len(rest) // 2])
    entries = [e for e in made.entries if e.type is EntryType.DIRECTORY or e in kept]
    return write(entries, made.metadata)


def merged(parts: Sequence[Made]) -> Made:
    """Later ones win."""
    entries = {entry.path: entry for made in parts for entry in made.entries}
    return write([entries[path] for path in sorted(entries)])


def read(content: bytes) -> Made | None:
    """An flist as it was found; `None` for what is none."""
    try:
        file: FlistFile = read_flist(io.BytesIO(content))
    except FlistError:
        return None
    return Made(content=content, entries=file.entries, metadata=dict(file.metadata))


def dump(path: Path) -> dict[str, object]:
    """Every path and size; `{}` for a dead link or what is no flist."""
    made = read(path.read_bytes()) if path.is_file() else None
    return {} if made is None else {"content": content(made), **made.counts}


def content(made: Made) -> list[dict[str, object]]:
    lines = []
    for entry in made.entries:
        if entry.path == "/":
            continue
        line: dict[str, object] = {"size": entry.size}
        if not any("\udc80" <= letter <= "\udcff" for letter in entry.path):
            line["path"] = entry.path[:_MAX_PATH]
        lines.append(line)
    return lines


def metadata(path: Path) -> dict[str, object]:
    made = read(path.read_bytes()) if path.is_file() else None
    return {"backend-forced": _BACKEND} if made is None else dict(made.metadata)


def _counts(entries: Sequence[Entry]) -> dict[str, object]:
    def number(kind: EntryType) -> int:
        return sum(entry.type is kind and entry.path != "/" for entry in entries)

    return {
        "regular": number(EntryType.FILE),
        "symlink": number(EntryType.LINK),
        "directory": number(EntryType.DIRECTORY),
        "special": number(EntryType.SPECIAL),
        "failure": 0,
        "fullsize": sum(entry.size for entry in entries if entry.type is EntryType.FILE),
    }


def _now() -> Conversion:
    return Conversion(made_at=int(time.time()))


def _unpacked(archive: IO[bytes], plain: IO[bytes]) -> bool:
    """Write out again what `tar` would have unpacked before it failed; its failure is ignored."""
    seen = 0
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.GNU_FORMAT) as out:
        try:
            with tarfile.open(fileobj=archive, mode="r:*") as tar:
                for member in tar:
                    _copy_member(tar, member, out)
                    seen += 1
        except (tarfile.TarError, OSError, EOFError, gzip.BadGzipFile):
            pass
    return seen > 0


def _copy_member(tar: tarfile.TarFile, member: tarfile.TarInfo, out: tarfile.TarFile) -> None:
    if not member.isreg():
        out.addfile(member)
        return
    source = tar.extractfile(member)
    data = bytearray()
    failure: Exception | None = None
    try:
        while source and (chunk := source.read(1 << 16)):
            data += chunk
    except (OSError, EOFError, tarfile.TarError) as error:
        failure = error
    member.size = len(data)
    out.addfile(member, io.BytesIO(bytes(data)))
    if failure:
        raise failure
