"""Which files a build never sees (`.dockerignore`), and which no fingerprint looks at (`ignore:`).

The patterns of a .dockerignore are read and translated by the docker SDK; how they apply follows
BuildKit (github.com/moby/patternmatcher) where the SDK does not: case counts, and what holds for a
folder holds for all below it until a later pattern says otherwise.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tfimages_action.core.tree import Tree, make_tree, without

Matcher = Callable[[str], bool]
"""Takes a path relative to the context (or to a named context's folder): is it left out?"""

_COMMENT: Final = "#"


def docker_ignore(text: str) -> Matcher | None:
    """Read a .dockerignore; `None` where it excludes nothing."""
    lines = text.removeprefix("\ufeff").splitlines()
    patterns = [line.strip() for line in lines if not line.startswith(_COMMENT) and line.strip()]
    return _DockerIgnore(patterns).excludes if patterns else None


class _DockerIgnore:
    """The patterns of one file, and what they say about the folders met so far."""

    def __init__(self, patterns: Sequence[str]) -> None:
        # 0.2 s for the whole SDK: only where there is a .dockerignore.
        from docker.utils.build import PatternMatcher  # noqa: PLC0415
        from docker.utils.fnmatch import translate  # noqa: PLC0415

        spaced = [re.sub(r"^!\s+", "!", pattern) for pattern in patterns]
        read = PatternMatcher(spaced).patterns[:-1]  # the SDK appends `!.dockerignore` for itself
        self._rules = [
            (re.compile(translate(rule.cleaned_pattern)), rule.exclusion) for rule in read
        ]
        self._folders: dict[str, tuple[bool, ...]] = {"": (False,) * len(self._rules)}

    def excludes(self, path: str) -> bool:
        """Tell whether the path stays out of the context: the last rule that matches decides."""
        excluded = False
        for (_, keeps), hit in zip(self._rules, self._hits(path), strict=True):
            if hit:
                excluded = not keeps
        return excluded

    def _hits(self, path: str) -> tuple[bool, ...]:
        folder = path.rpartition("/")[0]
        above = self._folders.get(folder)
        if above is None:
            above = self._folders[folder] = self._hits(folder)
        return tuple(
            held or rule.match(path) is not None
            for (rule, _), held in zip(self._rules, above, strict=True)
        )


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
    paths = [fnmatch.translate(glob.lstrip("/")) for glob in globs if "/" in glob]
    return _Globs(
        base=re.compile("|".join(bases)).match if bases else None,
        path=re.compile("|".join(paths)).match if paths else None,
    )
