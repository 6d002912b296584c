"""What the Hub calls an flist: it never says, so the name is derived by its own rule.

The rule is `HubDocker.convert` of threefoldtech/0-hub; it maps several images onto one name
(`a/b:1`, `a-b:1`, `a:b-1`), and a name past 242 bytes is lost without a word, because the Hub
first writes `NAME.uncompressed`, which must fit the file system's 255.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tfimages_action.errors import RefusedError

SUFFIX: Final = ".flist"
MAX_NAME_BYTES: Final = 242
_DIGEST_DIGITS: Final = 12


class FlistNameError(RefusedError):
    """A name that the Hub would lose, or give to two images."""


def of_image(written: str) -> str:
    """The flist's name for an image as it is written in the request to convert it.

    The text counts, not the image: `localhost:5000/a` has a colon and so gets no `-latest`.
    """
    tagged = written if ":" in written else f"{written}:latest"
    return with_suffix(tagged.replace(":", "-").replace("/", "-"))


def with_suffix(name: str) -> str:
    """The name with exactly one `.flist` at its end."""
    return name if name.endswith(SUFFIX) else name + SUFFIX


def of_archive(folder: str, sha256: str) -> str:
    """The content name of a full VM's flist: `<folder>-<sha12>.flist`."""
    stem = folder.replace("/", "-")
    return with_suffix(f"{stem}-{sha256.removeprefix('sha256:')[:_DIGEST_DIGITS]}")


def of_release(stable: str, version: str) -> str:
    """The name of one release beside the stable one: `...-24.04-v28.flist`."""
    return with_suffix(f"{stable.removesuffix(SUFFIX)}-{version}")


def check(name: str) -> str:
    """Return a name that the Hub keeps as it is. Raises `FlistNameError`."""
    if not name.endswith(SUFFIX) or name == SUFFIX:
        raise FlistNameError(f"{name!r} is no flist's name", hint="it must end in `.flist`")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise FlistNameError(
            f"{name!r} is longer than the {MAX_NAME_BYTES} bytes that the Hub can keep",
            hint="shorten the image's name or give it a `flist:` name in image.yaml",
        )
    if name.startswith(".") or any(c in "/\0" or not c.isprintable() for c in name):
        raise FlistNameError(f"{name!r} holds what a file's name on the Hub can't")
    return name


def check_distinct(names: Iterable[tuple[str, str]]) -> None:
    """Raise `FlistNameError` if two of these (image, flist name) pairs share a flist name."""
    owner: dict[str, str] = {}
    for image, name in names:
        first = owner.setdefault(name, image)
        if first != image:
            raise FlistNameError(
                f"{first} and {image} would both be {name} on the Hub, one overwriting the other",
                hint="rename one of them, or give it a `flist:` name in image.yaml",
            )
