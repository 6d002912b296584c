"""How a block is stored: snappy, then xxtea under its own key, named by blake2b.

The key is of the plain block and the same everywhere. The name (`hash`) is of the stored form,
and two snappy libraries may compress one block differently: the Hub's is libsnappy 1.1.9, ours
(cramjam) gives other names for some blocks, which decode to the same all the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

import xxtea
from cramjam import DecompressionError, snappy

from tfimages_action.errors import FlistError
from tfimages_action.flist.entries import BLOCK_SIZE, Block

Compress = Callable[[bytes], bytes]
_WORD: Final = 4
_LENGTH_BYTES: Final = 5
"""Most bytes that the length at the head of a snappy stream takes (a 32-bit varint)."""
_MAX_STORED: Final = BLOCK_SIZE + BLOCK_SIZE // 6 + 64
"""Snappy's worst case is length + length / 6 + 32."""
_LOCAL: Final = threading.local()
"""A buffer for each thread: fresh pages for every block would cost more than the compression."""


def digest(data: bytes) -> bytes:
    """The 16 bytes of blake2b that name blocks and directories."""
    return blake2b(data, digest_size=16).digest()


def compress(plain: bytes) -> bytes:
    """Snappy's raw form, without framing."""
    room: bytearray | None = getattr(_LOCAL, "room", None)
    if room is None:
        room = _LOCAL.room = bytearray(_MAX_STORED)
    return bytes(memoryview(room)[: snappy.compress_raw_into(plain, room)])


def encode(plain: bytes, key: bytes, compress: Compress = compress) -> bytes:
    """The stored form of a block of at most 512 KiB; `key` is `digest(plain)`.

    xxtea works on whole words: the compressed bytes are padded with zeros, then followed by
    their true length as a little-endian word.
    """
    packed = compress(plain)
    whole = b"".join(
        (packed, b"\0" * (-len(packed) % _WORD), len(packed).to_bytes(_WORD, "little"))
    )
    stored: bytes = xxtea.encrypt(whole, key, padding=False)
    return stored


def decode(stored: bytes, block: Block) -> bytes:
    """The plain block. Raises `FlistError` where it isn't what its keys say."""
    if len(stored) > _MAX_STORED or digest(stored) != block.hash:
        raise FlistError(f"damaged block {block.hash.hex()}: its content has another name")
    try:
        padded: bytes = xxtea.decrypt(stored, block.key, padding=False)
        size = int.from_bytes(padded[-_WORD:], "little")
        packed = padded[:-_WORD][:size]
        if len(packed) != size or _plain_size(packed) > BLOCK_SIZE:
            raise FlistError(f"hostile block {block.hash.hex()}: it claims too large a size")
        plain = bytes(snappy.decompress_raw(packed))
    except (ValueError, TypeError, DecompressionError) as error:
        raise FlistError(f"damaged block {block.hash.hex()}: {error}") from error
    if digest(plain) != block.key:
        raise FlistError(f"damaged block {block.hash.hex()}: it decodes to another content")
    return plain


def _plain_size(packed: bytes) -> int:
    """What the stream says it unpacks to: a varint at its head."""
    size = 0
    for index, byte in enumerate(packed[:_LENGTH_BYTES]):
        size |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a varint has no high bit
            return size
    raise FlistError("damaged block: its size is unreadable")
