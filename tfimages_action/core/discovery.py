"""Which folders are images: those with a Dockerfile, by the rules of images.yaml."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tfimages_action.core.tree import FileMode, TreeEntry

IMAGE_YAML: Final = "image.yaml"
IMAGES_YAML: Final = "images.yaml"
_DOCKERFILES: Final = ("Dockerfile", "dockerfile")
_MARKS: Final = tuple(f"/{name}" for name in (*_DOCKERFILES, IMAGE_YAML))


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder that makes one image or more."""

    path: str
    """Relative to the repository's root."""
    name: str
    """Its path below images-dir; empty for images-dir itself."""
    dockerfile: TreeEntry | None
    """`Dockerfile`, else `dockerfile`; image.yaml may name another."""
    config: TreeEntry | None
    """Its image.yaml."""

    @property
    def stands_alone(self) -> bool:
        """Whether nothing beside its own files and images.yaml can define it."""
        if self.config is not None or self.dockerfile is None:
            return False
        return self.dockerfile.mode is not FileMode.SYMLINK


def discover(
    entries: Iterable[TreeEntry],
    images_dir: str,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> tuple[Folder, ...]:
    """The folders that are images, sorted by path.

    Left out unless `include` names them: images-dir itself, what lies in a dot-folder, and where
    images-dir is the repository's root what lies in another image's folder (its fixtures and the
    like). `exclude` takes a folder out with everything below it. Globs are matched on the path
    below images-dir.
    """
    cut = len(images_dir) + 1 if images_dir else 0
    marked = _marked(entries)
    folders = {path[cut:]: marks for path, marks in marked.items()}
    found = []
    for name in sorted(folders):
        if exclude and _any(_with_ancestors(name), exclude):
            continue
        if _passed_over(name, folders, nested=bool(cut)) and not _any([name or "."], include):
            continue
        marks = folders[name]
        found.append(
            Folder(
                path=f"{images_dir}/{name}" if images_dir and name else images_dir or name,
                name=name,
                dockerfile=marks.get("Dockerfile") or marks.get("dockerfile"),
                config=marks.get(IMAGE_YAML),
            )
        )
    return tuple(found)


def _marked(entries: Iterable[TreeEntry]) -> dict[str, dict[str, TreeEntry]]:
    """Folder -> the files that make it one of ours, by their names."""
    folders: dict[str, dict[str, TreeEntry]] = {}
    names = {*_DOCKERFILES, IMAGE_YAML}
    for entry in [one for one in entries if one[0].endswith(_MARKS) or one[0] in names]:
        folder, _, name = entry[0].rpartition("/")
        folders.setdefault(folder, {})[name] = entry
    return folders


def _passed_over(name: str, folders: Iterable[str], *, nested: bool) -> bool:
    if not name or name.startswith(".") or "/." in name:
        return True
    return not nested and any(above in folders for above in _with_ancestors(name)[1:])


def _with_ancestors(name: str) -> list[str]:
    """The folder, and every folder above it below images-dir."""
    found = [name]
    while "/" in name:
        name = name.rpartition("/")[0]
        found.append(name)
    return found


def _any(names: Sequence[str], globs: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, glob.strip("/")) for glob in globs for name in names)


def unmatched(globs: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """The globs that match none of the names: probably misspelt."""
    for glob in globs:
        if not _any(names, [glob]):
            yield glob
