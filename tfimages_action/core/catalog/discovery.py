"""Which folders are images: those with a Dockerfile, by the rules of images.yaml."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from tfimages_action.core.tree import File, FileMode, Tree, TreeEntry

IMAGE_YAML: Final = "image.yaml"
IMAGES_YAML: Final = "images.yaml"


class Folder(NamedTuple):
    """A folder that makes one image or more."""

    path: str
    """Relative to the repository's root."""
    name: str
    """Its path below images-dir; empty for images-dir itself."""
    dockerfile: TreeEntry | None
    """`Dockerfile`, else `dockerfile`; image.yaml may name another."""
    config: TreeEntry | None
    """Its image.yaml."""
    tree: Tree

    @property
    def stands_alone(self) -> bool:
        """Whether nothing beside its own files and images.yaml can define it."""
        if self.config is not None or self.dockerfile is None:
            return False
        return self.dockerfile.mode is not FileMode.SYMLINK


def normal(images_dir: str) -> str:
    """`images-dir` as paths have it: no slash at either end, empty for the repository's root."""
    found = posixpath.normpath(images_dir.strip("/"))
    return "" if found == "." else found


Marked = tuple[tuple[str, Tree], ...]
"""Folders that hold one of the files which make an image, by their relative paths."""


class Discovery:
    """Finds images' folders; what two revisions share is looked through once."""

    def __init__(self) -> None:
        self._marked: dict[str, Marked] = {}
        """By tree id."""
        self._folders: dict[str, Folder] = {}
        """By path, as it was found last."""

    def folders(
        self,
        tree: Tree,
        images_dir: str,
        *,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> tuple[Folder, ...]:
        """The folders that are images, sorted by path; `tree` is that of `images_dir`.

        Left out unless `include` names them: images-dir itself, what lies in a dot-folder, and
        where images-dir is the repository's root what lies in another image's folder (its
        fixtures and the like). `exclude` takes a folder out with everything below it. Globs are
        matched on the path below images-dir.
        """
        include, exclude = _written(include), _written(exclude)
        names = dict(sorted(self._below(tree)))
        found = []
        for name, inside in names.items():
            if exclude and _any(_with_ancestors(name), exclude):
                continue
            passed_over = _passed_over(name, names, nested=bool(images_dir))
            if passed_over and not _any([_or_dot(name)], include):
                continue
            path = f"{images_dir}/{name}" if images_dir and name else images_dir or name
            found.append(self._folder(path, name, inside))
        return tuple(found)

    def without_effect(
        self, tree: Tree, *, include: Sequence[str] = (), exclude: Sequence[str] = ()
    ) -> tuple[tuple[str, int], ...]:
        """The globs that match nothing there, each as its key and place: probably misspelt."""
        names = [name for name, _ in self._below(tree)]
        around = {above for name in names for above in _with_ancestors(name)}
        return (
            *(
                ("include", place)
                for place, glob in enumerate(_written(include))
                if not _any(map(_or_dot, names), [glob])
            ),
            *(
                ("exclude", place)
                for place, glob in enumerate(_written(exclude))
                if not _any(around, [glob])
            ),
        )

    def _below(self, tree: Tree) -> Marked:
        found = self._marked.get(tree.id)
        if found is None:
            files = tree.files
            marked = "Dockerfile" in files or "dockerfile" in files or IMAGE_YAML in files
            rows = [("", tree)] if marked else []
            for name, folder in tree.folders.items():
                for inner, there in self._below(folder):
                    rows.append((f"{name}/{inner}" if inner else name, there))
            found = self._marked[tree.id] = tuple(rows)
        return found

    def _folder(self, path: str, name: str, tree: Tree) -> Folder:
        known = self._folders.get(path)
        if known is not None and known.tree.id == tree.id and known.name == name:
            return known
        files = tree.files
        folder = Folder(
            path=path,
            name=name,
            dockerfile=_entry(path, files, "Dockerfile") or _entry(path, files, "dockerfile"),
            config=_entry(path, files, IMAGE_YAML),
            tree=tree,
        )
        self._folders[path] = folder
        return folder


def _or_dot(name: str) -> str:
    return name or "."


def _entry(path: str, files: Mapping[str, File], name: str) -> TreeEntry | None:
    found = files.get(name)
    return TreeEntry(f"{path}/{name}" if path else name, *found) if found else None


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


def _written(globs: Sequence[str]) -> list[str]:
    """The globs as paths are written here."""
    return [normal(glob) or "." for glob in globs]


def _any(names: Iterable[str], globs: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, glob) for name in names for glob in globs)
