"""Git LFS as it lies in a clone: pointers, and the places of the objects they stand for."""

from typing import Final

VERSION: Final = "version https://git-lfs.github.com/spec/v1\n"
ATTRIBUTES: Final = "*.bin filter=lfs diff=lfs merge=lfs -text\n"


def pointer(oid: str) -> str:
    """What git keeps instead of five bytes."""
    return f"{VERSION}oid sha256:{oid}\nsize 5\n"


def place(oid: str) -> str:
    """Where a clone keeps the object, below the folder of LFS."""
    return f"objects/{oid[:2]}/{oid[2:4]}/{oid}"
