"""Which files of a revision a build sees, and which of them its fingerprint looks at.

`.dockerignore` is applied here and not by BuildKit: what was planned is what is built. Of what a
build sees the fingerprint leaves out only what `ignore:` names (`README*`): it changes nothing,
but stays in the build, or `COPY README.md` would fail. The image's own image.yaml is in neither:
a longer list of variants would else rebuild every one of them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tfimages_action.core.catalog import Image
from tfimages_action.core.discovery import IMAGE_YAML
from tfimages_action.core.files import Files
from tfimages_action.core.fingerprint import FileSet
from tfimages_action.core.ignore import Matcher, docker_ignore, ignore_globs
from tfimages_action.core.tree import TreeEntry
from tfimages_action.errors import StageError

DOCKERIGNORE: Final = ".dockerignore"
KnownFileSets = dict[tuple[object, ...], tuple[list[TreeEntry], FileSet]]
"""By place and rules: the entries found there, and those of them that count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One of a build's contexts. Entries have paths below the repository's root."""

    name: str
    """Empty for the main one."""
    folder: str
    entries: tuple[TreeEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildFiles:
    """Everything of a revision that one build reads."""

    dockerfile: TreeEntry
    contexts: tuple[Context, ...]
    """The main one first; those that the run replaced from outside the repository are not here."""


def build_files(image: Image, files: Files) -> BuildFiles:
    """The files of one image's build. Raises `StageError` where the Dockerfile isn't there."""
    dockerfile = files.at(image.dockerfile)
    if dockerfile is None:
        raise StageError(f"{image.dockerfile} is not in the revision")
    reader = ContextReader(files)
    own = posixpath.join(image.folder, IMAGE_YAML)
    main = Context(
        name="",
        folder=image.context,
        entries=reader.entries(image.context, dockerfile=image.dockerfile, without=own),
    )
    named = (
        Context(
            name=context.name,
            folder=context.folder,
            entries=reader.entries(context.folder, without=own),
        )
        for context in image.contexts
        if not context.outside
    )
    return BuildFiles(dockerfile=dockerfile, contexts=(main, *named))


class ContextReader:
    """Reads contexts, each once however many images share it."""

    def __init__(self, files: Files, known: KnownFileSets | None = None) -> None:
        """Read from `files`; `known` is what readers of other revisions found, and is added to."""
        self._files = files
        self._known: KnownFileSets = {} if known is None else known
        self._matchers: dict[str, Matcher | None] = {}

    def file_sets(
        self,
        *,
        context: str,
        dockerfile: TreeEntry,
        contexts: Iterable[tuple[str, str]],
        ignore: tuple[str, ...],
        without: str,
    ) -> tuple[FileSet, ...]:
        """The files that a fingerprint looks at; `contexts` are (name, folder)."""
        main = self._count("", context, dockerfile.path, ignore, without)
        named = [
            self._count(name, folder, None, ignore, without) for name, folder in sorted(contexts)
        ]
        if dockerfile in main.entries:
            return (main, *named)
        # Outside the context, or kept from it: the build reads it all the same.
        folder = posixpath.dirname(dockerfile.path)
        return (main, *named, FileSet(name="Dockerfile", folder=folder, entries=(dockerfile,)))

    def entries(
        self, folder: str, *, dockerfile: str | None = None, without: str
    ) -> tuple[TreeEntry, ...]:
        """The files below a folder that .dockerignore lets through, but for the one `without`.

        BuildKit looks for `<Dockerfile>.dockerignore` beside the Dockerfile first.
        """
        cut = len(folder) + 1 if folder else 0
        excluded_by = self._ignore_file(folder, dockerfile)
        return tuple(self._select(self._files.under(folder), cut, excluded_by, without))

    def _count(
        self,
        name: str,
        folder: str,
        dockerfile: str | None,
        ignore: tuple[str, ...],
        without: str,
    ) -> FileSet:
        excluded_by = self._ignore_file(folder, dockerfile)
        key = (name, folder, excluded_by, ignore, without)
        present = self._files.under(folder)
        known = self._known.get(key)
        if known is not None and known[0] == present:
            return known[1]
        cut = len(folder) + 1 if folder else 0
        ignored = ignore_globs(ignore)
        entries = self._select(present, cut, excluded_by, without)
        counted = tuple([entry for entry in entries if not ignored(entry[0][cut:])])
        found = FileSet(name=name, folder=folder, entries=counted)
        self._known[key] = (present, found)
        return found

    def _select(
        self, present: list[TreeEntry], cut: int, excluded_by: TreeEntry | None, without: str
    ) -> list[TreeEntry]:
        excludes = self._matcher(excluded_by) if excluded_by else None
        if excludes is None:
            return [entry for entry in present if entry[0] != without]
        return [e for e in present if e[0] != without and not excludes(e[0][cut:])]

    def _ignore_file(self, folder: str, dockerfile: str | None) -> TreeEntry | None:
        own = self._files.at(dockerfile + DOCKERIGNORE) if dockerfile else None
        return own or self._files.at(f"{folder}/{DOCKERIGNORE}" if folder else DOCKERIGNORE)

    def _matcher(self, entry: TreeEntry) -> Matcher | None:
        if entry.blob not in self._matchers:
            text = self._files.read(entry).decode(errors="surrogateescape")
            self._matchers[entry.blob] = docker_ignore(text)
        return self._matchers[entry.blob]
