"""What ZOS could boot, and what it would follow into its own file system."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.bed.oci import File, layer
from tfimages_action.adapters.hub.bootable import check_bootable
from tfimages_action.errors import StageError

ELF = File(path="boot/vmlinuz-6.1", content=b"\x7fELF...")
INITRD = File(path="boot/initrd.img", content=b"x")


def link(path: str, target: str) -> File:
    return File(path=path, target=target)


def check(folder: Path, *files: File) -> None:
    path = folder / "root.tar.gz"
    path.write_bytes(gzip.compress(layer(files), 1))
    check_bootable(path)


@pytest.mark.parametrize(
    "files",
    [
        (File(path="boot/vmlinuz", content=b"\x7fELF"), INITRD),
        (ELF, link("boot/vmlinuz", "vmlinuz-6.1"), INITRD),
        (link("boot/vmlinuz", "../boot/vmlinuz-6.1"), ELF, INITRD),
        (link("boot/vmlinuz", "a"), link("boot/a", "vmlinuz-6.1"), ELF, INITRD),
        (File(path="./boot/vmlinuz", content=b"\x7fELF"), INITRD),
        (link("boot", "usr/boot"), File(path="usr/boot/vmlinuz", content=b"\x7fELF"),
         File(path="usr/boot/initrd.img", content=b"x")),
    ],
)  # fmt: skip
def test_bootable(tmp_path: Path, files: tuple[File, ...]) -> None:
    check(tmp_path, *files)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ((INITRD,), "no /boot/vmlinuz"),
        ((ELF, link("boot/vmlinuz", "vmlinuz-6.1")), "no /boot/initrd"),
        ((File(path="boot/vmlinuz", content=b"MZ\0\0"), INITRD), "no ELF"),
        ((File(path="boot/vmlinuz"), INITRD), "no ELF"),
        ((ELF, link("boot/vmlinuz", "/boot/vmlinuz-6.1"), INITRD), "on its own node"),
        ((ELF, link("boot/vmlinuz", "../../boot/vmlinuz-6.1"), INITRD), "out of the root"),
        ((link("boot/vmlinuz", "vmlinuz"), INITRD), "no /boot/vmlinuz"),
        ((ELF, link("boot/vmlinuz", "vmlinuz-6.1"), link("boot/initrd.img", "/i")), "own node"),
    ],
)
def test_not_bootable(tmp_path: Path, files: tuple[File, ...], message: str) -> None:
    with pytest.raises(StageError, match=message):
        check(tmp_path, *files)


def test_a_cut_archive(tmp_path: Path) -> None:
    path = tmp_path / "root.tar.gz"
    path.write_bytes(gzip.compress(layer([ELF, INITRD]), 1)[:60])
    with pytest.raises(StageError, match="can't be read"):
        check_bootable(path)
