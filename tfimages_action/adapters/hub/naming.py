"""Refuses, before anything is built, flist names that the Hub would lose or give twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tfimages_action.core import flist_name
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.published import names

_ANY_DIGEST: Final = "sha256:" + "0" * 64


def check_names(images: Iterable[Image], version: str = "") -> None:
    """Hold every name that a run gives against the rule. Raises `FlistNameError`.

    `version`: the release's, where there is one.
    """
    pairs = [(image.name, name) for image in images for name in _names(image, version)]
    for _, name in pairs:
        flist_name.check(name)
    flist_name.check_distinct(pairs)


def _names(image: Image, version: str) -> Iterator[str]:
    yield image.flist
    yield names.content_flist(image, _ANY_DIGEST)
    if version:
        yield flist_name.of_release(image.flist, version)
