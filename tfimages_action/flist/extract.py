"""Brings a file system back from an flist and its blocks: as a tar, or into an empty folder.

The reader has seen to it that no name leads out of its directory; here nothing is ever written
through a link, because every path is made anew and the folder was empty.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Final

from tfimages_action.errors import FlistError
from tfimages_action.flist.entries import (
    NO_DEVICE,
    Block,
    Entry,
    EntryType,
    SpecialType,
    path_bytes,
    shown,
)

GetBlock = Callable[[Block], bytes]
"""The plain block, held against its keys: `BlockStore.get`."""
_TYPES: Final = {
    EntryType.DIRECTORY: tarfile.DIRTYPE,
    EntryType.FILE: tarfile.REGTYPE,
    EntryType.LINK: tarfile.SYMTYPE,
}
_DEVICES: Final = {SpecialType.CHARACTER: tarfile.CHRTYPE, SpecialType.BLOCK: tarfile.BLKTYPE}


def extract_tar(entries: Iterable[Entry], get: GetBlock, output: IO[bytes]) -> tuple[str, ...]:
    """Write a PAX tar with the numbers of owners only. Returns the paths that can't be in it.

    Those are special files: the Hub doesn't say of which kind they are.
    """
    left_out = []
    with tarfile.open(
        fileobj=output, mode="w|", format=tarfile.PAX_FORMAT, errors="surrogateescape"
    ) as archive:
        for entry in entries:
            kind = _tar_type(entry)
            if kind is None:
                left_out.append(entry.path)
                continue
            member = tarfile.TarInfo(f".{entry.path}")
            member.type, member.mode, member.mtime = kind, entry.mode, entry.mtime
            member.uid, member.gid, member.linkname = entry.uid, entry.gid, entry.target
            if kind in {tarfile.CHRTYPE, tarfile.BLKTYPE}:
                member.devmajor, member.devminor = _device_numbers(entry)
            member.size = entry.size if entry.type is EntryType.FILE else 0
            archive.addfile(member, _Content(entry, get) if member.size else None)
    return tuple(left_out)


def extract_folder(entries: Iterable[Entry], get: GetBlock, folder: Path) -> tuple[str, ...]:
    """Unpack into a folder that is empty or not there. Returns the paths that were left out.

    Owners are set when we are root. Special files are left out. Raises `FlistError`.
    """
    ordered = sorted(entries, key=lambda entry: path_bytes(entry.path))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise FlistError(f"{folder} is not empty", hint="give a folder that is not there yet")
        left_out = [entry.path for entry in ordered if not _unpack(entry, get, folder)]
        for entry in reversed(ordered):
            _finish(entry, _place(folder, entry))
    except OSError as error:
        raise FlistError(f"{folder} can't be written: {error}") from error
    return tuple(left_out)


def _unpack(entry: Entry, get: GetBlock, folder: Path) -> bool:
    place = _place(folder, entry)
    match entry.type:
        case EntryType.DIRECTORY:
            if entry.path != "/":
                place.mkdir(0o700)
        case EntryType.FILE:
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - it is open already
                file.writelines(_plain_blocks(entry, get))
        case EntryType.LINK:
            place.symlink_to(entry.target)
        case EntryType.SPECIAL:
            return False
    return True


def _finish(entry: Entry, place: Path) -> None:
    """Owner, mode and time, deepest first: a folder may forbid writing into it."""
    if entry.type is EntryType.SPECIAL:
        return
    if os.geteuid() == 0:
        os.lchown(place, entry.uid, entry.gid)
    if entry.type is not EntryType.LINK:
        place.chmod(entry.mode)
    os.utime(place, (entry.mtime, entry.mtime), follow_symlinks=False)


def _place(folder: Path, entry: Entry) -> Path:
    return folder / entry.path.lstrip("/")


def _plain_blocks(entry: Entry, get: GetBlock) -> Iterator[bytes]:
    size = 0
    for block in entry.blocks:
        plain = get(block)
        size += len(plain)
        yield plain
    if size != entry.size:
        raise FlistError(f"{shown(entry.path)} has {size} bytes of content, not {entry.size}")


def _tar_type(entry: Entry) -> bytes | None:
    if entry.type is not EntryType.SPECIAL:
        return _TYPES[entry.type]
    if entry.special is SpecialType.FIFO:
        return tarfile.FIFOTYPE
    return _DEVICES.get(entry.special) if entry.special and entry.device != NO_DEVICE else None


def _device_numbers(entry: Entry) -> tuple[int, int]:
    try:
        major, minor = map(int, entry.device.split(","))
    except ValueError as error:
        raise FlistError(f"{shown(entry.path)} is a device without numbers") from error
    return major, minor


class _Content(io.RawIOBase):
    """A file's plain content, block by block."""

    def __init__(self, entry: Entry, get: GetBlock) -> None:
        self._blocks = _plain_blocks(entry, get)
        self._left = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        parts = [self._left]
        have = len(self._left)
        while have < size or size < 0:
            plain = next(self._blocks, b"")
            if not plain:
                break
            parts.append(plain)
            have += len(plain)
        whole = b"".join(parts)
        end = len(whole) if size < 0 else size
        self._left = whole[end:]
        return whole[:end]
