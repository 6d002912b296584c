"""Which files of a revision a build sees, and which of them its fingerprint looks at.

`.dockerignore` is applied here, by BuildKit's rules and not by BuildKit: what was planned is what
is built. Of what a build sees the fingerprint leaves out only what `ignore:` names (`README*`): it
changes nothing, but stays in the build, or `COPY README.md` would fail. The image's own image.yaml
is in neither: a longer list of variants would else rebuild every one of them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tfimages_action.core.catalog.discovery import IMAGE_YAML
from tfimages_action.core.catalog.dockerignore import IgnorePatternError, Matcher, docker_ignore
from tfimages_action.core.catalog.files import Files
from tfimages_action.core.catalog.fingerprint import FileSet
from tfimages_action.core.catalog.ignore import Counting
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.tree import File, Tree, TreeEntry, make_tree, walk, without
from tfimages_action.errors import ConfigError, Location, StageError

DOCKERIGNORE: Final = ".dockerignore"


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
        entries=reader.entries(image.context, dockerfile=image.dockerfile, own=own),
    )
    named = (
        Context(
            name=context.name,
            folder=context.folder,
            entries=reader.entries(context.folder, own=own),
        )
        for context in image.contexts
        if not context.outside
    )
    return BuildFiles(dockerfile=dockerfile, contexts=(main, *named))


class ContextReader:
    """Reads contexts, each once however many images share it."""

    def __init__(self, files: Files, counting: Counting | None = None) -> None:
        """Read from `files`; `counting` is shared with the readers of other revisions."""
        self._files = files
        self._counting = Counting() if counting is None else counting
        self._matchers: dict[str, Matcher | None] = {}

    def tree(self, folder: str) -> Tree:
        """A folder with all that lies in it, ignored or not."""
        return self._files.tree(folder)

    def file_sets(
        self,
        *,
        context: str,
        dockerfile: TreeEntry,
        contexts: Iterable[tuple[str, str]],
        ignore_files: Mapping[str, TreeEntry],
        ignore: tuple[str, ...],
        own: str,
    ) -> tuple[FileSet, ...]:
        """The files that a fingerprint looks at; `contexts` are (name, folder).

        `ignore_files` are by the contexts' names. `own` is the path of the image's image.yaml,
        which is none of them.
        """
        main = FileSet("", self._counted(context, ignore_files.get(""), ignore, own))
        sets = [main]
        for name, folder in sorted(contexts):
            tree = self._counted(folder, ignore_files.get(name), ignore, own)
            sets.append(FileSet(name, tree))
        file = File(dockerfile.mode, dockerfile.blob)
        inside = _below(context, dockerfile.path)
        if inside is None or main.tree.file(inside) != file:
            # Outside the context, or kept from it: the build reads it all the same.
            name = posixpath.basename(dockerfile.path)
            sets.append(FileSet("Dockerfile", make_tree({name: file}, {})))
        return tuple(sets)

    def entries(
        self, folder: str, *, dockerfile: str | None = None, own: str
    ) -> tuple[TreeEntry, ...]:
        """The files below a folder that .dockerignore lets through, but for `own` (image.yaml)."""
        return tuple(walk(self._seen(folder, self.ignore_file(folder, dockerfile), own), folder))

    def ignore_file(self, folder: str, dockerfile: str | None = None) -> TreeEntry | None:
        """What says which files of the folder stay out of the build, if anything does.

        BuildKit looks for `<Dockerfile>.dockerignore` beside the Dockerfile first. Raises
        `ConfigError` where it would refuse a line of it.
        """
        own = self._files.file(dockerfile + DOCKERIGNORE) if dockerfile else None
        found = own or self._files.file(f"{folder}/{DOCKERIGNORE}" if folder else DOCKERIGNORE)
        if found is not None:
            self._matcher(found)
        return found

    def _counted(
        self, folder: str, ignore_file: TreeEntry | None, ignore: tuple[str, ...], own: str
    ) -> Tree:
        return self._counting.of(self._seen(folder, ignore_file, own), ignore)

    def _seen(self, folder: str, ignore_file: TreeEntry | None, own: str) -> Tree:
        tree = self._files.tree(folder)
        if ignore_file is not None and (excludes := self._matcher(ignore_file)):
            tree = without(tree, excludes)
        inside = _below(folder, own)
        if inside is not None and tree.file(inside) is not None:
            tree = without(tree, inside.__eq__)
        return tree

    def _matcher(self, entry: TreeEntry) -> Matcher | None:
        if entry.blob not in self._matchers:
            text = self._files.read(entry).decode(errors="surrogateescape")
            try:
                self._matchers[entry.blob] = docker_ignore(text)
            except IgnorePatternError as error:
                raise ConfigError(
                    f"{error}: BuildKit refuses to build with it",
                    hint="close the bracket, or write `\\[` for one in a name; `!` and `\\` can't "
                    "stand alone",
                    location=Location(path=entry.path, line=error.line),
                ) from error
        return self._matchers[entry.blob]


def _below(folder: str, path: str) -> str | None:
    """The path from that folder; `None` where it lies elsewhere."""
    if not folder:
        return path
    return path[len(folder) + 1 :] if path.startswith(f"{folder}/") else None
