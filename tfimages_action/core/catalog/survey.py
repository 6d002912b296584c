"""Which Dockerfiles of a repository are no images, and why not: for whoever expected them to be."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from tfimages_action.core.catalog.discovery import normal
from tfimages_action.core.catalog.files import Files
from tfimages_action.core.tree import FileMode, TreeEntry
from tfimages_action.errors import ConfigError, Location

_PLAIN: Final = ("Dockerfile", "dockerfile")
_ALIKE: Final = re.compile(r"(?:.+\.)?(?:docker|container)file(?:\..+)?", re.IGNORECASE)
_IGNORE_FILE: Final = ".dockerignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A Dockerfile that makes no image."""

    path: str
    why: str


def likely_images_dir(entries: Iterable[TreeEntry]) -> str:
    """`images` where a Dockerfile lies below it, or nowhere yet; else the repository's root."""
    plain = [entry.path for entry in entries if _is_plain(entry.path, under="")]
    below = any(_is_plain(path, under="images/") for path in plain)
    return "images" if below or not plain else "."


def passed_over(
    entries: Iterable[TreeEntry],
    images_dir: str,
    images: Iterable[str],
    *,
    exclude: Sequence[str] = (),
) -> tuple[PassedOver, ...]:
    """Every Dockerfile in a folder that is none of `images` (paths from the root), by path."""
    root = normal(images_dir)
    folders = frozenset(images)
    found = []
    for entry in entries:
        folder, _, name = entry.path.rpartition("/")
        if folder in folders or not _ALIKE.fullmatch(name) or name.endswith(_IGNORE_FILE):
            continue
        found.append(PassedOver(path=entry.path, why=_why(folder, name, root, folders, exclude)))
    return tuple(sorted(found, key=lambda one: one.path))


def linked_folders(
    files: Files, entries: Iterable[TreeEntry], images_dir: str, images: Iterable[str]
) -> Iterator[PassedOver]:
    """Links to folders that hold a Dockerfile: to git a link is a file, and no way in."""
    root = normal(images_dir)
    inside = tuple(f"{folder}/" for folder in images)
    for entry in entries:
        if entry.mode is not FileMode.SYMLINK or entry.path.startswith(inside):
            continue
        if root and not entry.path.startswith(f"{root}/"):
            continue
        with suppress(ConfigError):  # it leads nowhere
            target = files.resolve(entry.path, asked=Location(path=entry.path))
            if any(name in files.tree(target).files for name in _PLAIN):
                why = f"is a link to {target}: an image is a folder of its own"
                yield PassedOver(path=entry.path, why=why)


def _why(folder: str, name: str, root: str, images: frozenset[str], exclude: Sequence[str]) -> str:
    if root and folder != root and not folder.startswith(f"{root}/"):
        return f"is not below {root}/ (`images-dir`)"
    if name not in _PLAIN:
        return f"is not called Dockerfile: name it so, or in image.yaml (`dockerfile: {name}`)"
    if folder == root:
        return 'lies in images-dir itself: `include: ["."]` in images.yaml takes it'
    parts = (folder[len(root) + 1 :] if root else folder).split("/")
    return _why_inside(["/".join(parts[:n]) for n in range(len(parts), 0, -1)], images, exclude)


def _why_inside(above: Sequence[str], images: frozenset[str], exclude: Sequence[str]) -> str:
    """Tell it of a folder below images-dir; `above` is it and those above it, from there."""
    if any(fnmatch.fnmatchcase(one, glob.strip("/")) for one in above for glob in exclude):
        return "is excluded by images.yaml"
    if above[0].startswith(".") or "/." in above[0]:
        return "lies in a folder whose name starts with a dot: `include:` in images.yaml takes it"
    around = next((one for one in above[1:] if one in images), None)
    if around is not None:
        # Only where images-dir is the repository's root.
        return f"lies inside the image {around}: `include:` in images.yaml takes it"
    return "has a mistake in its image.yaml or Dockerfile"


def _is_plain(path: str, *, under: str) -> bool:
    return path.startswith(under) and path.rpartition("/")[2] in _PLAIN
