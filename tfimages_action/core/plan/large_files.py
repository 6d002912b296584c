"""Git LFS pointers among the files of a build, found before anything is built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tfimages_action.core.catalog.context import build_files
from tfimages_action.core.catalog.files import Files
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.plan import wording
from tfimages_action.core.plan.model import Plan
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.tree import FileMode, KnowsLargeFiles, Revision, Tree, TreeEntry
from tfimages_action.errors import Location, RevisionError

_ATTRIBUTES: Final = ".gitattributes"
_FILTER: Final = b"filter=lfs"
_PLAIN: Final = frozenset({FileMode.FILE, FileMode.EXECUTABLE})


def missing_large_files(plan: Plan, revision: Revision) -> Problem | None:
    """Say which images can't be built, since large files of theirs are not at hand.

    Where no `.gitattributes` speaks of LFS no file is looked at; of a revision that can't tell
    (`KnowsLargeFiles`) each build finds out for itself.
    """
    if not (plan.builds and isinstance(revision, KnowsLargeFiles) and _uses_lfs(revision)):
        return None
    files = Files(revision)
    files.tree("")  # listed once: else every image's folder would be by itself
    lacking = _Lacking(revision)
    found = {
        step.image.name: paths
        for step in plan.builds
        if (paths := [e.path for e in _read_by(step.image, files) if lacking.object_of(e)])
    }
    if not found:
        return None
    paths = sorted({path for every in found.values() for path in every})
    return Problem(
        severity=Severity.ERROR,
        message=f"{wording.some([*found])} can't be built: the Git LFS objects of "
        f"{wording.some(paths)} are not at hand",
        hint="check out with `lfs: true` (at home: `git lfs pull`), or keep the files out by "
        ".dockerignore",
        location=Location(path=paths[0]),
    )


class _Lacking:
    """Asks for each content once, however many images share it."""

    def __init__(self, revision: KnowsLargeFiles) -> None:
        self._revision = revision
        self._known: dict[str, bool] = {}

    def object_of(self, entry: TreeEntry) -> bool:
        if entry.blob not in self._known:
            self._known[entry.blob] = self._revision.lacks_large_file(entry.blob)
        return self._known[entry.blob]


def _read_by(image: Image, files: Files) -> Iterator[TreeEntry]:
    for context in build_files(image, files).contexts:
        yield from (entry for entry in context.entries if entry.mode in _PLAIN)


def _uses_lfs(revision: Revision) -> bool:
    # The folders above an image may say it, and those below: all are looked through.
    return any(
        _speaks_of_lfs(blob, revision) for blob in dict.fromkeys(_attributes(revision.tree()))
    )


def _attributes(tree: Tree) -> Iterator[str]:
    """Blob id of each `.gitattributes` there is."""
    own = tree.files.get(_ATTRIBUTES)
    if own is not None:
        yield own.blob
    for folder in tree.folders.values():
        yield from _attributes(folder)


def _speaks_of_lfs(attributes: str, revision: Revision) -> bool:
    try:
        return _FILTER in revision.read(attributes)
    except RevisionError:
        return True  # a partial clone lacks it: look at the files themselves
