"""The Hub's two naming rules: of a converted image, and of an uploaded file."""

from __future__ import annotations

import re
import unicodedata

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
SUFFIX = ".flist"
ARCHIVE = ".tar.gz"


def of_image(image: str) -> str:
    if ":" not in image:
        image += ":latest"
    return suffixed(image.replace(":", "-").replace("/", "-"))


def suffixed(name: str) -> str:
    return name if name.endswith(SUFFIX) else name + SUFFIX


def of_archive(filename: str) -> str:
    """Of an uploaded `x.tar.gz`, after `secure` or as `X-Original-Name` had it."""
    return suffixed(filename.removesuffix(ARCHIVE) or filename.lstrip("."))


def secure(filename: str) -> str:
    """werkzeug's secure_filename: ASCII, no folders, no leading dots."""
    text = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
    text = "_".join(text.replace("/", " ").replace("\\", " ").split())
    return _UNSAFE.sub("", text).strip("._")
