"""Layers to one file system, as `docker export` would stream it."""

from __future__ import annotations

import copy
import gzip
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_STUB_DIRECTORIES = ("dev", "dev/pts", "dev/shm", "proc", "sys", "etc")
_STUB_FILES = (".dockerenv", "dev/console", "etc/hostname", "etc/hosts", "etc/resolv.conf")


@dataclass(frozen=True, kw_only=True)
class _Node:
    member: tarfile.TarInfo
    layer: IO[bytes] | None
    """The uncompressed layer that holds its bytes at `member.offset_data`."""


class RootFs:
    """A merged tree; paths without a leading slash."""

    def __init__(self) -> None:
        self._nodes: dict[str, _Node] = {}
        self._open = ExitStack()

    def close(self) -> None:
        self._open.close()

    def apply(self, layer: Path) -> None:
        plain = self._open.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        _uncompress(layer, plain)
        plain.seek(0)
        with tarfile.open(fileobj=plain, mode="r:", errorlevel=1) as tar:
            members = list(tar)
        for member in members:
            self._remove_lower(_clean(member.name))
        for member in members:
            self._add(_clean(member.name), member, plain)

    def add_stubs(self, workdir: str) -> None:
        """What docker puts into every container's file system, its working directory included."""
        parts = _clean(workdir).split("/")
        way = ["/".join(parts[: n + 1]) for n in range(len(parts)) if parts[0]]
        for path in (*_STUB_DIRECTORIES, *way):
            if path not in self._nodes:
                self._put(_made(path, tarfile.DIRTYPE))
        for path in _STUB_FILES:
            self._put(_made(path, tarfile.REGTYPE))
        mtab = _made("etc/mtab", tarfile.SYMTYPE)
        mtab.linkname, mtab.mode = "/proc/mounts", 0o777
        self._put(mtab)

    def write(self, stream: IO[bytes]) -> None:
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT) as tar:
            for path, node in self._ordered():
                member = copy.copy(node.member)
                member.name = path
                if node.layer is None or not member.isreg():
                    tar.addfile(member)
                    continue
                node.layer.seek(node.member.offset_data)
                tar.addfile(member, node.layer)

    def _ordered(self) -> Iterator[tuple[str, _Node]]:
        hard = []
        for path in sorted(self._nodes, key=lambda p: p.split("/")):
            node = self._nodes[path]
            if node.member.islnk():
                hard.append((path, node))
            else:
                yield path, node
        yield from hard

    def _remove_lower(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        if name == _OPAQUE:
            self._remove(folder, itself=False)
        elif name.startswith(_WHITEOUT):
            hidden = name.removeprefix(_WHITEOUT)
            self._remove(f"{folder}/{hidden}" if folder else hidden)

    def _add(self, path: str, member: tarfile.TarInfo, layer: IO[bytes]) -> None:
        if not path or path.rpartition("/")[2].startswith(_WHITEOUT):
            return
        if not member.isdir() and path in self._nodes:
            self._remove(path)
        if member.islnk():
            target = self._nodes[_clean(member.linkname)]
            if target.member.islnk():
                member.linkname = target.member.linkname
        if member.issym():
            member.mode = 0o777  # unpacked, a link has no mode of its own
        self._nodes[path] = _Node(member=member, layer=layer)

    def _put(self, member: tarfile.TarInfo) -> None:
        if not member.isdir():
            self._remove(member.name)
        self._nodes[member.name] = _Node(member=member, layer=None)

    def _remove(self, path: str, *, itself: bool = True) -> None:
        below = [p for p in self._nodes if p.startswith(f"{path}/") or (itself and p == path)]
        for gone in below:
            self._keep_hard_links(gone)
            del self._nodes[gone]

    def _keep_hard_links(self, gone: str) -> None:
        """A removed name leaves its other names: the first of them gets the bytes."""
        target = self._nodes[gone]
        if not target.member.isreg():
            return
        heir: str | None = None
        for path, node in list(self._nodes.items()):
            if not node.member.islnk() or _clean(node.member.linkname) != gone:
                continue
            if heir is None:
                heir = path
                self._nodes[path] = target
            else:
                node.member.linkname = heir


def merge(layers: Sequence[Path], stream: IO[bytes], *, workdir: str = "") -> None:
    """Write what `docker export` of a container with these layers would."""
    root = RootFs()
    try:
        for layer in layers:
            root.apply(layer)
        root.add_stubs(workdir)
        root.write(stream)
    finally:
        root.close()


def _uncompress(layer: Path, into: IO[bytes]) -> None:
    with layer.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if packed:
            with gzip.GzipFile(fileobj=file) as plain:
                shutil.copyfileobj(plain, into, 1 << 20)
        else:
            shutil.copyfileobj(file, into, 1 << 20)


def _clean(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in {"", "."})


def _made(path: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.type = kind
    member.mode = 0o755
    member.mtime = int(time.time())
    return member
