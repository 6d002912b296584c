"""Whether a full VM's archive can boot on ZOS: a kernel in ELF, an initrd, links that stay inside.

ZOS resolves `/boot/vmlinuz` and `/boot/initrd.img` on its node: an absolute link, or one that
leaves the root, would lead into the node's own file system.
"""

from __future__ import annotations

import posixpath
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tfimages_action.errors import FlistError, StageError
from tfimages_action.flist.stream import open_archive

KERNEL: Final = "boot/vmlinuz"
INITRD: Final = "boot/initrd.img"
_ELF: Final = b"\x7fELF"
_MAX_LINKS: Final = 8


@dataclass(slots=True)
class _Boot:
    """First bytes of the files, and targets of the links, of a whole archive."""

    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


def check_bootable(archive: Path) -> None:
    """Raise `StageError` for an archive that ZOS could not boot."""
    boot = _read(archive)
    kernel = _follow(boot, KERNEL)
    if boot.files[kernel] != _ELF:
        raise StageError(
            f"/{kernel} is no ELF file: ZOS boots an uncompressed kernel alone",
            hint="unpack it in the Dockerfile, with the kernel's own scripts/extract-vmlinux",
        )
    _follow(boot, INITRD)


def _read(archive: Path) -> _Boot:
    boot = _Boot()
    try:
        with open_archive(archive) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                name = posixpath.normpath(member.name).lstrip("/")
                if member.issym():
                    boot.links[name] = member.linkname
                elif member.islnk():
                    target = posixpath.normpath(member.linkname).lstrip("/")
                    boot.files[name] = boot.files.get(target, b"")
                elif member.isreg():
                    content = tar.extractfile(member)
                    boot.files[name] = content.read(len(_ELF)) if content else b""
    except (tarfile.TarError, OSError, EOFError) as error:
        raise FlistError(f"{archive.name} can't be read: {error}") from error
    return boot


def _follow(boot: _Boot, path: str) -> str:
    """The real file that a path inside the archive leads to."""
    start = path
    for _ in range(_MAX_LINKS):
        if path in boot.files:
            return path
        path = _resolve_folders(boot, path)
        target = boot.links.get(path)
        if target is None:
            break
        if target.startswith("/"):
            raise StageError(
                f"/{path} is a link to {target}: ZOS would follow it on its own node",
                hint="make the link relative",
            )
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if path.startswith("../"):
            raise StageError(f"/{start} leads out of the root, to {target}")
    if path in boot.files:
        return path
    raise StageError(f"the archive has no /{start}", hint="a full VM brings its kernel and initrd")


def _resolve_folders(boot: _Boot, path: str) -> str:
    """The path with a linked first folder taken off (`boot -> usr/boot`)."""
    folder, _, rest = path.partition("/")
    target = boot.links.get(folder)
    if rest and target and not target.startswith(("/", "..")):
        return posixpath.normpath(f"{target}/{rest}")
    return path
