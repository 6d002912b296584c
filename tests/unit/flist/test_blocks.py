"""A block's stored form is the Hub's: key always, name with the Hub's own snappy."""

import ctypes
import platform
from pathlib import Path

import pytest
import xxtea
from cramjam import snappy
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.flist import samples
from tests.unit.flist.tars import Pipe
from tfimages_action.errors import FlistError
from tfimages_action.flist.blocks import compress, decode, digest, encode
from tfimages_action.flist.entries import BLOCK_SIZE, Block
from tfimages_action.flist.reader import read_flist
from tfimages_action.flist.source import read_tree
from tfimages_action.flist.startup import StartConfig, startup_toml


def plain_blocks() -> dict[bytes, bytes]:
    """Every block of the sample's image, by its key."""
    blocks: dict[bytes, bytes] = {}

    def keep(plain: bytes) -> Block:
        blocks[digest(plain)] = plain
        return Block(key=digest(plain), hash=b"")

    read_tree(Pipe([samples.export()]), keep)
    keep(startup_toml(StartConfig.of(samples.answer("config"))))
    return blocks


def hub_blocks() -> list[Block]:
    return [block for entry in read_flist(samples.FLIST).entries for block in entry.blocks]


def test_keys_equal_those_of_a_real_hub() -> None:
    assert {block.key for block in hub_blocks()} == plain_blocks().keys()


def test_most_names_equal_those_of_a_real_hub() -> None:
    """cramjam may compress otherwise than the Hub's libsnappy 1.1.9; most blocks agree."""
    plain = plain_blocks()
    equal = [digest(encode(plain[b.key], b.key)) == b.hash for b in hub_blocks()]
    assert equal.count(True) >= len(equal) - 1


def test_all_names_equal_those_of_a_real_hub_with_its_own_snappy() -> None:
    library = libsnappy_119()
    if library is None:
        assert not is_debian_12(), "libsnappy1v5 is missing: `make setup` installs it"
        pytest.skip("only Debian 12 has the Hub's snappy, libsnappy 1.1.9; others compress anew")

    def compress_119(plain: bytes) -> bytes:
        room = ctypes.c_size_t(library.snappy_max_compressed_length(ctypes.c_size_t(len(plain))))
        packed = ctypes.create_string_buffer(room.value)
        library.snappy_compress(plain, ctypes.c_size_t(len(plain)), packed, ctypes.byref(room))
        return packed.raw[: room.value]

    plain = plain_blocks()
    for block in hub_blocks():
        assert digest(encode(plain[block.key], block.key, compress_119)) == block.hash


def libsnappy_119() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libsnappy.so.1")
    except OSError:
        return None
    library.snappy_max_compressed_length.restype = ctypes.c_size_t
    loaded = Path("/proc/self/maps").read_text()
    return library if "libsnappy.so.1.1.9" in loaded else None


def is_debian_12() -> bool:
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        return False
    return (system.get("ID"), system.get("VERSION_ID")) == ("debian", "12")


@given(st.binary(min_size=1, max_size=3000))
def test_every_block_comes_back(plain: bytes) -> None:
    key = digest(plain)
    stored = encode(plain, key)
    assert decode(stored, Block(key=key, hash=digest(stored))) == plain


def test_a_whole_random_block_comes_back() -> None:
    plain = b"".join(digest(bytes([i % 256, i // 256 % 256, i >> 16])) for i in range(32768))
    assert len(plain) == BLOCK_SIZE
    stored = encode(plain, digest(plain))
    assert decode(stored, Block(key=digest(plain), hash=digest(stored))) == plain


def forged(packed: bytes, size: int | None = None) -> tuple[bytes, Block]:
    key = b"k" * 16
    padded = packed + b"\0" * (-len(packed) % 4 or 4 * (not packed))
    length = len(packed) if size is None else size
    stored = xxtea.encrypt(padded + length.to_bytes(4, "little"), key, padding=False)
    return stored, Block(key=key, hash=digest(stored))


@pytest.mark.parametrize(
    ("stored", "block"),
    [
        forged(b"\xff\xff\xff\xff\x0f" + b"\xfe\x01\x00" * 20),
        forged(b"\xff" * 8),
        forged(b"abcd", size=1 << 31),
        forged(b"", size=0),
        forged(b"\x05abc"),
        forged(compress(b"another content")),
        (b"odd", Block(key=b"k" * 16, hash=digest(b"odd"))),
        (b"", Block(key=b"k" * 16, hash=digest(b""))),
    ],
)
def test_a_hostile_block_is_refused(stored: bytes, block: Block) -> None:
    with pytest.raises(FlistError):
        decode(stored, block)


def test_a_block_may_not_unpack_to_more_than_a_block() -> None:
    for size in (BLOCK_SIZE + 1, 16 * BLOCK_SIZE):
        bomb = forged(bytes(snappy.compress_raw(b"\0" * size)))
        with pytest.raises(FlistError, match="too large"):
            decode(*bomb)


def test_a_damaged_block_is_refused() -> None:
    plain = b"hello\n"
    stored = encode(plain, digest(plain))
    block = Block(key=digest(plain), hash=digest(stored))
    for raw, names in [
        (stored[:-1], block),
        (stored + b"\0", block),
        (stored, block._replace(hash=b"x" * 16)),
        (stored, block._replace(key=b"x" * 16)),
    ]:
        with pytest.raises(FlistError):
            decode(raw, names)
