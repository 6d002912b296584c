"""What a repository of the bash script becomes here, and what the script would have built. Pure.

The script's rules: `deb-base` is built once per parent that config.sh lists and published under
the parent's name; every other folder at the root with a Dockerfile under its own. Between two
tags a folder is rebuilt when `git diff` names a file of it whose path does not contain README,
or when the image on the first line of its Dockerfile is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import yaml

from tfimages_action.core.migration.shell_config import ShellConfig, read_shell_config
from tfimages_action.core.reference import ImageReference, ReferenceSyntaxError
from tfimages_action.core.tree import (
    FileMode,
    Revision,
    Tree,
    TreeEntry,
    blob_id,
    tree_of,
    walk,
)

CONFIG: Final = "config.sh"
DEB_BASE: Final = "deb-base"
IMAGES_YAML: Final = "images.yaml"
_PARENTS: Final = re.compile(r"parent|base|distro|deb", re.IGNORECASE)
_ARG: Final = re.compile(r"^[ \t]*ARG[ \t]+([A-Za-z_]\w*)", re.MULTILINE | re.IGNORECASE)
_FROM_ARG: Final = re.compile(
    r"^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*\$\{?([A-Za-z_]\w*)", re.MULTILINE | re.IGNORECASE
)
_FIRST_FROM: Final = re.compile(r"FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptRepository:
    """One revision as the script saw it."""

    config: ShellConfig
    parents: tuple[str, ...]
    """What deb-base was built for, in config.sh's order."""
    folders: Mapping[str, str]
    """Folder at the root -> text of its Dockerfile."""
    files: Mapping[str, str] = field(repr=False)
    """Path -> blob id."""

    @property
    def names(self) -> dict[str, str]:
        """What was published, below the registry -> its folder."""
        own = {folder: folder for folder in self.folders if folder != DEB_BASE}
        return {**dict.fromkeys(self.parents, DEB_BASE), **own}


def read_repository(revision: Revision) -> ScriptRepository:
    """Read what the script would have read."""
    files = {entry.path: entry.blob for entry in walk(revision.tree())}

    def text(path: str) -> str:
        return revision.read(files[path]).decode(errors="replace")

    config = read_shell_config(text(CONFIG)) if CONFIG in files else ShellConfig(values={})
    folders = {
        path.partition("/")[0]: text(path)
        for path in files
        if path.count("/") == 1 and path.endswith("/Dockerfile") and not path.startswith(".")
    }
    parents = _parents(config) if DEB_BASE in folders else ()
    return ScriptRepository(config=config, parents=parents, folders=folders, files=files)


def propose(repository: ScriptRepository) -> dict[str, str]:
    """image.yaml and images.yaml that say here what config.sh said there: path -> text."""
    proposed: dict[str, str] = {}
    declared = {name for text in repository.folders.values() for name in _ARG.findall(text)}
    args = {
        name: values[0]
        for name, values in repository.config.values.items()
        if name in declared and len(values) == 1 and name != "REGISTRY"
    }
    arg = _FROM_ARG.search(repository.folders.get(DEB_BASE, ""))
    if repository.parents and arg:
        args.pop(arg[1], None)
        variants = [{"name": one, "args": {arg[1]: one}} for one in repository.parents]
        proposed[f"{DEB_BASE}/image.yaml"] = _yaml(
            "The parents that config.sh listed.", {"variants": variants}
        )
    if args:
        proposed[IMAGES_YAML] = _yaml(
            "Build args from config.sh that a Dockerfile declares.", {"args": args}
        )
    return proposed


def script_builds(now: ScriptRepository, before: ScriptRepository | None) -> frozenset[str]:
    """Names that the script would have built for a tag; nothing for the first."""
    if before is None:
        return frozenset()
    changed = {
        path.partition("/")[0]
        for path in now.files.keys() | before.files.keys()
        if now.files.get(path) != before.files.get(path) and "README" not in path
    }
    by_name = now.names

    def built(folder: str, seen: frozenset[str]) -> bool:
        if folder in changed or folder in seen:
            return folder in changed
        above = by_name.get(_first_parent(now.folders[folder]))
        return above is not None and built(above, seen | {folder})

    return frozenset(name for name, folder in by_name.items() if built(folder, frozenset()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A revision with files that it does not have; what it has itself wins."""

    revision: Revision
    files: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.revision.name

    @property
    def commit(self) -> str | None:
        # No commit has these files: nothing may be remembered under its id.
        return None

    @property
    def created(self) -> datetime:
        return self.revision.created

    def tree(self, under: str = "") -> Tree:
        own = {entry.path: entry for entry in walk(self.revision.tree(under), under)}
        for path, blob in self._blobs.items():
            own.setdefault(path, TreeEntry(path, FileMode.FILE, blob))
        return tree_of(own.values(), under)

    def read(self, blob: str) -> bytes:
        for path, known in self._blobs.items():
            if known == blob:
                return self.files[path].encode()
        return self.revision.read(blob)

    @property
    def _blobs(self) -> dict[str, str]:
        return {path: blob_id(text.encode()) for path, text in self.files.items()}


def _parents(config: ShellConfig) -> tuple[str, ...]:
    """The list of image references in config.sh: the one whose name says so, else the longest."""
    lists = {name: words for name in config.values if (words := config.words(name))}
    found = [(name, words) for name, words in lists.items() if all(map(_is_tagged, words))]
    found.sort(key=lambda one: (bool(_PARENTS.search(one[0])), len(one[1])), reverse=True)
    return tuple(dict.fromkeys(found[0][1])) if found else ()


def _is_tagged(word: str) -> bool:
    try:
        ImageReference.parse(word)
    except ReferenceSyntaxError:
        return False
    return bool(re.fullmatch(r"[a-z0-9][\w./-]*:[\w.-]*[a-z0-9]", word)) and "//" not in word


def _first_parent(dockerfile: str) -> str:
    """What the script took for the parent: the last part of the image on line 1."""
    match = _FIRST_FROM.match(dockerfile.partition("\n")[0])
    return match[1].rpartition("/")[2].removesuffix(":latest") if match else ""


def _yaml(comment: str, value: object) -> str:
    return f"# {comment}\n" + yaml.safe_dump(value, sort_keys=False, width=100)
