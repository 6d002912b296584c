"""Which files of a revision an image is made from: its context, named contexts, its Dockerfile."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable

from tfimages_action.core.files import Files
from tfimages_action.core.fingerprint import FileSet
from tfimages_action.core.ignore import Matcher, docker_ignore, ignore_globs
from tfimages_action.core.tree import TreeEntry

DOCKERIGNORE = ".dockerignore"


class Contexts:
    """Reads contexts once, however many images share them.

    `configuration` holds the paths of all image.yaml and images.yaml: they are no part of any
    context, or a longer list of variants would rebuild every one of them.
    """

    def __init__(self, files: Files, configuration: Collection[str]) -> None:
        self._files = files
        self._configuration = frozenset(configuration)
        self._known: dict[tuple[str, str, str, tuple[str, ...]], FileSet] = {}
        self._matchers: dict[str, Matcher | None] = {}

    def file_sets(
        self,
        *,
        context: str,
        dockerfile: TreeEntry,
        contexts: Iterable[tuple[str, str]],
        ignore: tuple[str, ...],
    ) -> tuple[FileSet, ...]:
        """Everything whose change makes another image; `contexts` are (name, folder)."""
        main = self._read("", context, self._ignore_file(context, dockerfile.path), ignore)
        named = [
            self._read(name, folder, self._ignore_file(folder), ignore)
            for name, folder in sorted(contexts)
        ]
        if dockerfile in main.entries:
            return (main, *named)
        # Outside the context, or kept from it: the build reads it all the same.
        folder = posixpath.dirname(dockerfile.path)
        return (main, *named, FileSet(name="Dockerfile", folder=folder, entries=(dockerfile,)))

    def _read(
        self, name: str, folder: str, excluded_by: TreeEntry | None, ignore: tuple[str, ...]
    ) -> FileSet:
        key = (name, folder, excluded_by.blob if excluded_by else "", ignore)
        known = self._known.get(key)
        if known is None:
            entries = self._select(folder, excluded_by, ignore)
            known = self._known[key] = FileSet(name=name, folder=folder, entries=tuple(entries))
        return known

    def _select(
        self, folder: str, excluded_by: TreeEntry | None, ignore: tuple[str, ...]
    ) -> list[TreeEntry]:
        cut = len(folder) + 1 if folder else 0
        ignored = ignore_globs(ignore)
        excluded = self._matcher(excluded_by) if excluded_by else None
        return [
            entry
            for entry in self._files.under(folder)
            if not ignored(entry[0][cut:])
            and entry[0] not in self._configuration
            and not (excluded and excluded(entry[0][cut:]))
        ]

    def _ignore_file(self, folder: str, dockerfile: str | None = None) -> TreeEntry | None:
        """BuildKit looks for `<Dockerfile>.dockerignore` beside the Dockerfile first."""
        own = self._files.at(dockerfile + DOCKERIGNORE) if dockerfile else None
        return own or self._files.at(posixpath.join(folder, DOCKERIGNORE))

    def _matcher(self, entry: TreeEntry) -> Matcher | None:
        if entry.blob not in self._matchers:
            text = self._files.read(entry).decode(errors="surrogateescape")
            self._matchers[entry.blob] = docker_ignore(text)
        return self._matchers[entry.blob]
