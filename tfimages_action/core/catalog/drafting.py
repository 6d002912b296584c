"""From a folder to the drafts of its images: image.yaml, the Dockerfile, the contexts beside it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tfimages_action.core.catalog.context import DOCKERIGNORE, ContextReader
from tfimages_action.core.catalog.definition import Definer
from tfimages_action.core.catalog.discovery import IMAGE_YAML, Folder
from tfimages_action.core.catalog.draft import Draft
from tfimages_action.core.catalog.files import Files
from tfimages_action.core.catalog.memo import Memo
from tfimages_action.core.catalog.model import NamedContext
from tfimages_action.core.reference import ReferenceSyntaxError, parse_reference
from tfimages_action.core.tree import FileMode, Revision, TreeEntry
from tfimages_action.errors import ConfigError, Location

if TYPE_CHECKING:
    from tfimages_action.core.config.read import ConfigFile
    from tfimages_action.core.config.values import ImageYaml


_NO_FILES: Final[Mapping[str, TreeEntry]] = {}


def check_context_name(name: str, place: Location | None = None) -> None:
    """Refuse what buildx refuses as `--build-context NAME=...`. Raises `ConfigError`."""
    try:
        parse_reference(name)
    except ReferenceSyntaxError:
        raise ConfigError(
            f"no context can be called {name!r}",
            hint="they are named as images are: lower-case letters, digits, `-`, `_` and `.`",
            location=place,
        ) from None


class Drafter:
    """Drafts the images of a revision, folder by folder."""

    def __init__(
        self,
        definer: Definer,
        revision: Revision,
        files: Files,
        reader: ContextReader,
        memo: Memo,
        *,
        overrides: tuple[tuple[str, str], ...],
    ) -> None:
        self._definer = definer
        self._revision = revision
        self._files = files
        self._reader = reader
        self._memo = memo
        self._overrides = overrides

    def drafts(self, folder: Folder) -> tuple[Draft, ...]:
        """One per variant. Raises the `RefusedError` that names a mistake in the folder."""
        config = self._image_yaml(folder)
        dockerfile = self._dockerfile(folder, config)
        definitions = self._definer.definitions(
            folder,
            dockerfile=dockerfile.path,
            config=config.value if config else None,
            document=config.document if config else None,
        )
        context = folder.path
        contexts: list[NamedContext] = []
        if config and config.value.context is not None:
            context = self._inside(config.value.context, config, ("context",))
        if config:
            for name, path in config.value.contexts.items():
                check_context_name(name, config.document.location(("contexts", name)))
                place = self._inside(path, config, ("contexts", name))
                contexts.append(NamedContext(name=name, folder=place))
        ignore_files = _NO_FILES
        if config or not _stands_plain(folder, dockerfile):
            ignore_files = self._ignore_files(context, dockerfile.path, contexts)
        parsed = self._memo.dockerfile(dockerfile.blob, dockerfile.path, self._revision.read)
        drafts = (
            Draft(
                definition=definition,
                dockerfile=dockerfile,
                parsed=parsed,
                context=context,
                contexts=tuple(contexts),
                ignore_files=ignore_files,
            )
            for definition in definitions
        )
        return tuple(map(self._overridden, drafts) if self._overrides else drafts)

    def _image_yaml(self, folder: Folder) -> ConfigFile[ImageYaml] | None:
        if folder.config is None:
            return None
        from tfimages_action.core.config.read import read_image_yaml  # noqa: PLC0415 - see there

        entry = self._files.file(folder.config.path) or folder.config
        return read_image_yaml(folder.config.path, self._files.read(entry))

    def _dockerfile(self, folder: Folder, config: ConfigFile[ImageYaml] | None) -> TreeEntry:
        """The file that is built, through symlinks."""
        if config and config.value.dockerfile is not None:
            asked = config.document.location(("dockerfile",))
            path = posixpath.join(folder.path, config.value.dockerfile)
        elif folder.dockerfile is None:
            raise ConfigError(
                f"{folder.path} has an {IMAGE_YAML} but no Dockerfile",
                hint="add the Dockerfile, or name it: `dockerfile: ...`",
                location=Location(path=posixpath.join(folder.path, IMAGE_YAML)),
            )
        elif folder.dockerfile.mode is not FileMode.SYMLINK:
            return folder.dockerfile
        else:
            path = folder.dockerfile.path
            asked = Location(path=path)
        entry = self._files.at(self._files.resolve(path, asked=asked))
        if entry is None or entry.mode is FileMode.SUBMODULE:
            raise ConfigError(f"there is no file {path}", location=asked)
        return entry

    def _ignore_files(
        self, context: str, dockerfile: str, contexts: list[NamedContext]
    ) -> Mapping[str, TreeEntry]:
        found = {named.name: self._reader.ignore_file(named.folder) for named in contexts}
        found[""] = self._reader.ignore_file(context, dockerfile)
        return {name: entry for name, entry in found.items() if entry is not None}

    def _inside(self, path: str, config: ConfigFile[ImageYaml], key: tuple[str | int, ...]) -> str:
        """A folder that image.yaml names from the repository's root."""
        asked = config.document.location(key)
        folder = self._files.resolve(path, asked=asked)
        if not self._files.has_folder(folder):
            raise ConfigError(
                f"there is no folder {path!r} in {self._revision.name}",
                hint="paths here begin at the repository's root",
                location=asked,
            )
        return folder

    def _overridden(self, draft: Draft) -> Draft:
        """With the folders of this machine that replace what the Dockerfile names so."""
        stages = {stage.name for stage in draft.parsed.stages}
        named = {context.name for context in draft.contexts}
        written = {reference.written for reference in draft.resolve().references}
        outside = tuple(
            NamedContext(name=name, folder=folder, outside=True)
            for name, folder in self._overrides
            if name in stages | named | written
        )
        replaced = {context.name for context in outside}
        kept = tuple(context for context in draft.contexts if context.name not in replaced)
        return replace(draft, contexts=(*kept, *outside))


def _stands_plain(folder: Folder, dockerfile: TreeEntry) -> bool:
    """Whether a folder without image.yaml has no ignore file: most have none."""
    files = folder.tree.files
    if DOCKERIGNORE in files or dockerfile is not folder.dockerfile:
        return False
    return f"{posixpath.basename(dockerfile.path)}{DOCKERIGNORE}" not in files
