"""The quick reader of tar headers says what `tarfile` says, of every block."""

from __future__ import annotations

import tarfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.flist import samples
from tfimages_action.flist.headers import Header
from tfimages_action.flist.stream import open_archive

FIELDS = (
    "name", "mode", "uid", "gid", "size", "mtime", "chksum", "type", "linkname", "uname", "gname",
    "devmajor", "devminor",
)  # fmt: skip
KINDS = (b"0", b"\0", b"1", b"2", b"3", b"5", b"6", b"7", b"x", b"g", b"L", b"K", b"S", b"?")


def read(kind: type[tarfile.TarInfo], block: bytes) -> Any:
    try:
        found = kind.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.TarError as error:
        return type(error), str(error)
    return tuple(getattr(found, field) for field in FIELDS)


def same(block: bytes) -> Any:
    expected = read(tarfile.TarInfo, block)
    assert read(Header, block) == expected
    return expected


def sealed(block: bytes, *, signed: bool = False) -> bytes:
    """With the checksum that it should have."""
    blank = block[:148] + b" " * 8 + block[156:]
    count = sum(byte - 256 if signed and byte > 127 else byte for byte in blank)
    return block[:148] + b"%06o\0 " % (count & 0o777777) + block[156:]


@given(
    name=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=150),
    link=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=80),
    numbers=st.tuples(*[st.integers(0, 2**40)] * 5),
    kind=st.sampled_from(KINDS),
    form=st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_what_tarfile_writes(
    name: str, link: str, numbers: tuple[int, ...], kind: bytes, form: Any
) -> None:
    member = tarfile.TarInfo(name)
    member.linkname, member.type = link, kind
    member.mode, member.uid, member.gid, member.size, member.mtime = numbers
    member.mode &= 0o7777
    written = member.tobuf(form, "utf-8", "surrogateescape")
    for at in range(0, len(written), 512):
        same(written[at : at + 512])


@given(
    block=st.binary(min_size=512, max_size=512),
    kind=st.sampled_from(KINDS),
    digits=st.sampled_from([b"0000644\0", b" 644 \0\0\0", b"\0\0\0\0\0\0\0\0", b"64_4\0xyz"]),
    signed=st.booleans(),
)
def test_any_block(block: bytes, kind: bytes, digits: bytes, signed: bool) -> None:
    same(block)
    for field in (100, 108, 116, 329, 337):
        block = block[:field] + digits + block[field + 8 :]
    block = block[:124] + b"00000000017\0" + b"00000000000\0" + block[148:156] + kind + block[157:]
    same(sealed(block, signed=signed))


@pytest.mark.parametrize("block", [b"", b"x", b"\0" * 512, b"\0" * 511, b"x" * 512])
def test_what_is_no_header(block: bytes) -> None:
    kind, _ = same(block)
    assert issubclass(kind, tarfile.HeaderError)


def test_the_sample() -> None:
    with open_archive(samples.DATA / "mixed-export.tar.gz") as stream:
        data = stream.read()
    found = [same(data[at : at + 512]) for at in range(0, len(data), 512)]
    assert sum(isinstance(first, str) for first, *_ in found) > 30
