"""What an flist says of a file system: one value per path.

Paths are absolute (`/` is the root) and hold bytes that are no UTF-8 as surrogate escapes, as
Python's own file functions do; `path_bytes` gives the bytes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

BLOCK_SIZE: Final = 512 * 1024
"""Bytes of a block; a file's last block may be shorter, an empty file has none."""
BLOCK_NAME: Final = 16
"""Bytes of a block's key, and of its hash."""
DIRECTORY_SIZE: Final = 4096
"""What the Hub writes as a directory's size."""
NO_DEVICE: Final = "(nothing)"
"""What the Hub writes as `device` of a fifo or a socket."""
MODE_BITS: Final = 0o7777
"""Permissions with setuid, setgid and sticky."""
STARTUP_PATH: Final = "/.startup.toml"
_ENCODING: Final = ("utf-8", "surrogateescape")


class EntryType(StrEnum):
    """The four kinds of inode that the format knows."""

    DIRECTORY = "directory"
    FILE = "file"
    LINK = "link"
    SPECIAL = "special"


class SpecialType(StrEnum):
    """Which special file, in the format's numbering (0 to 4)."""

    SOCKET = "socket"
    BLOCK = "block"
    CHARACTER = "character"
    FIFO = "fifo"
    UNKNOWN = "unknown"


class Block(NamedTuple):
    """One block of a file; each is 16 bytes of blake2b."""

    key: bytes
    """Of the plain block: says what is in it, and decrypts it."""
    hash: bytes
    """Of the stored (compressed, encrypted) block: its name in the store. Empty if unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One path of a file system."""

    path: str
    type: EntryType
    mode: int
    """Permission bits with setuid, setgid and sticky: 0 to 0o7777."""
    uid: int = 0
    gid: int = 0
    uname: str = ""
    gname: str = ""
    size: int = 0
    """Bytes. Of a directory it is whatever the file system said: no property of the content."""
    target: str = ""
    """Of a link, else empty."""
    special: SpecialType | None = None
    device: str = ""
    """Of a special file: `major,minor`, or `NO_DEVICE`."""
    mtime: int = 0
    """Seconds since 1970, as `ctime`."""
    ctime: int = 0
    blocks: tuple[Block, ...] = ()

    def with_blocks(self, blocks: tuple[Block, ...]) -> Entry:
        """The same with these blocks; several times as fast as `dataclasses.replace`."""
        return Entry(
            path=self.path,
            type=self.type,
            mode=self.mode,
            uid=self.uid,
            gid=self.gid,
            uname=self.uname,
            gname=self.gname,
            size=self.size,
            target=self.target,
            special=self.special,
            device=self.device,
            mtime=self.mtime,
            ctime=self.ctime,
            blocks=blocks,
        )

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The content of a file, block by block."""
        return tuple(block.key for block in self.blocks)


def path_bytes(text: str) -> bytes:
    """The bytes that a path, a name or a link's target stands for."""
    return text.encode(*_ENCODING)


def path_text(raw: bytes) -> str:
    """A path, name or link target of these bytes."""
    return raw.decode(*_ENCODING)


def shown(text: str) -> str:
    """A path fit for a terminal or a log: what can't be printed is escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in path_bytes(character))


def parent_path(path: str) -> str:
    """The directory that holds `path`; the root holds itself."""
    return path.rpartition("/")[0] or "/"


def child_path(directory: str, name: str) -> str:
    """The path of `name` in `directory`."""
    return f"/{name}" if directory == "/" else f"{directory}/{name}"
