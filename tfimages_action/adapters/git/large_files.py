"""Git LFS in a local repository: pointers, and where the objects that they stand for lie.

What a pointer is: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

from tfimages_action.adapters.git.libgit2 import pygit2

LONGEST_POINTER: Final = 1024
"""Bytes; LFS takes nothing longer for a pointer."""
_POINTER: Final = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-.*\n)*oid sha256:([0-9a-f]{64})\n"
)


def object_of(data: bytes) -> str | None:
    """The id of the object that a pointer stands for; `None` for every other content."""
    pointer = _POINTER.match(data)
    return pointer[1].decode() if pointer else None


def pointer_to(file: Path) -> bytes:
    """What git commits of a file of the worktree that LFS takes care of."""
    size = file.stat().st_size
    if size <= LONGEST_POINTER:
        data = file.read_bytes()
        if not data or object_of(data):
            return data  # an empty file stays one, and so does a pointer that was not resolved
    with file.open("rb") as content:
        oid = hashlib.file_digest(content, "sha256").hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n".encode()


def in_use(repo: pygit2.Repository) -> bool:
    """Whether `git lfs install` was said here: else git commits such files as they are."""
    return "filter.lfs.clean" in repo.config or "filter.lfs.process" in repo.config


def storage(repo: pygit2.Repository) -> Path:
    """Where the objects are kept: `lfs.storage`, which counts from the common folder."""
    *_, storage = (None, *repo.config.get_multivar("lfs.storage"))  # the last one wins
    return _common_folder(Path(repo.path)) / (storage or "lfs") / "objects"


def _common_folder(folder: Path) -> Path:
    """The repository's own folder: a linked worktree has another one, which leads there."""
    leads = folder / "commondir"
    return folder / leads.read_text().strip() if leads.is_file() else folder
