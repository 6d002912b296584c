"""Which files no fingerprint looks at (`ignore:`), though a build sees them."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache

from tfimages_action.core.tree import Tree, make_tree, without


class Counting:
    """Trees less what `ignore:` names; each is looked through once, wherever it is met again."""

    def __init__(self) -> None:
        self._by_base: dict[tuple[str, ...], _ByBase] = {}

    def of(self, tree: Tree, ignore: tuple[str, ...]) -> Tree:
        """The part that a fingerprint looks at."""
        globs = _compiled(ignore)
        if globs.path is not None:
            tree = without(tree, globs.path)
        if globs.base is None:
            return tree
        by_base = self._by_base.get(ignore)
        if by_base is None:
            by_base = self._by_base[ignore] = _ByBase(globs.base)
        return by_base.left_of(tree)


class _ByBase:
    """What is left of trees without the files whose base names are ignored, at any depth."""

    def __init__(self, ignored: Callable[[str], object]) -> None:
        self._ignored = ignored
        self._left: dict[str, Tree] = {}
        """By the whole tree's id."""
        self._stay: set[str] = set()
        """Names that are not ignored: few names are in most folders, and a set knows them fast."""

    def left_of(self, tree: Tree) -> Tree:
        found = self._left.get(tree.id)
        if found is not None:
            return found
        changed = not self._all_stay(tree.files)
        folders = {}
        for name, folder in tree.folders.items():
            folders[name] = left = self.left_of(folder)
            changed = changed or left is not folder
        if changed:
            files = {name: file for name, file in tree.files.items() if name in self._stay}
            found = make_tree(files, folders)
        else:
            found = tree
        self._left[tree.id] = found
        return found

    def _all_stay(self, names: Collection[str]) -> bool:
        if self._stay.issuperset(names):
            return True
        self._stay.update([name for name in names if not self._ignored(name)])
        return self._stay.issuperset(names)


@dataclass(frozen=True, slots=True)
class _Globs:
    """`ignore:`, compiled: a glob with a `/` is matched on the path, any other on the base name."""

    base: Callable[[str], object] | None
    """Takes a base name; `None` where no glob is of this kind."""
    path: Callable[[str], object] | None


@lru_cache
def _compiled(globs: tuple[str, ...]) -> _Globs:
    """Compile `ignore:`."""
    bases = [fnmatch.translate(glob) for glob in globs if "/" not in glob]
    paths = [fnmatch.translate(_path_glob(glob)) for glob in globs if "/" in glob]
    return _Globs(
        base=re.compile("|".join(bases)).match if bases else None,
        path=re.compile("|".join(paths)).match if paths else None,
    )


def _path_glob(glob: str) -> str:
    """As paths are written here; `docs/` is all that lies in the folder."""
    found = glob.removeprefix("./").lstrip("/")
    return f"{found}*" if found.endswith("/") else found
