"""Which files of a revision a build sees: the same that the fingerprint looks at, and `ignore:`.

`.dockerignore` is applied here, by the matcher that the fingerprint uses, and not by BuildKit:
so what was planned is what is built. What `ignore:` names (`README*`) changes no fingerprint but
stays in the build, or `COPY README.md` would fail.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from tfimages_action.core.catalog import Image
from tfimages_action.core.files import Files
from tfimages_action.core.ignore import docker_ignore
from tfimages_action.core.tree import TreeEntry
from tfimages_action.errors import StageError

DOCKERIGNORE = ".dockerignore"


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
    """The main one first."""


def build_files(image: Image, files: Files) -> BuildFiles:
    """The files of one image's build. Raises `StageError` where the Dockerfile isn't there."""
    dockerfile = files.at(image.dockerfile)
    if dockerfile is None:
        raise StageError(f"{image.dockerfile} is not in the revision")
    own = files.at(image.dockerfile + DOCKERIGNORE)
    main = _select(files, "", image.context, own)
    named = (_select(files, context.name, context.folder, None) for context in image.contexts)
    return BuildFiles(dockerfile=dockerfile, contexts=(main, *named))


def _select(files: Files, name: str, folder: str, rules: TreeEntry | None) -> Context:
    excluded_by = rules or files.at(posixpath.join(folder, DOCKERIGNORE))
    text = files.read(excluded_by).decode(errors="surrogateescape") if excluded_by else ""
    excludes = docker_ignore(text) if text else None
    cut = len(folder) + 1 if folder else 0
    entries = tuple(
        entry for entry in files.under(folder) if not (excludes and excludes(entry.path[cut:]))
    )
    return Context(name=name, folder=folder, entries=entries)
