"""The fingerprint: what an image is made from, as one digest that two people compute alike.

It covers the files (path, mode, blob id: together the id of the git tree that holds just them),
the resolved definition, the text of the external references and the parents' fingerprints; nothing
else, so no order, clone, platform or clock can change it. Each part is counted and NUL-terminated,
which keeps different parts apart whatever they hold: no argument or reference can contain a NUL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from tfimages_action.core.tree import EMPTY, Tree, walk

PREFIX: Final = "v1:sha256:"
"""Another version of this rule gets another number; records of other versions don't compare."""


class FileSet(NamedTuple):
    """The files of one folder that count."""

    name: str = ""
    """The named context's name; empty for the context itself."""
    tree: Tree = EMPTY
    """Them and nothing else."""


class Ingredients(NamedTuple):
    """Everything that a fingerprint covers, in comparable parts."""

    files: tuple[FileSet, ...] = ()
    definition: tuple[tuple[str, str], ...] = ()
    """(what, value), sorted: `arg ZINIT_VERSION`, `target`, `platforms`, `kind`, `dockerfile`."""
    externals: tuple[str, ...] = ()
    """Normalised references to images outside the repository, sorted, each once."""
    parents: tuple[tuple[str, str], ...] = ()
    """(name, fingerprint) of the images of the repository it is built from, sorted by name."""


def fingerprint_of(ingredients: Ingredients) -> str:
    """Compute `v1:sha256:...` of the parts. Parents count by fingerprint, not by name."""
    text = "\0".join(_flat(ingredients)) + "\0"
    return PREFIX + hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _flat(ingredients: Ingredients) -> list[str]:
    parts: list[str] = []
    for files in ingredients.files:
        parts += ("files", files.name, files.tree.id)
    parts += ("definition", str(len(ingredients.definition)))
    for pair in ingredients.definition:
        parts += pair
    parts += ("externals", str(len(ingredients.externals)), *ingredients.externals)
    parents = sorted({fingerprint for _, fingerprint in ingredients.parents})
    parts += ("parents", str(len(parents)), *parents)
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs between two sets of ingredients; names only, ready to be shown."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Files: paths relative to the context, or `name:path` in a named one."""
    definition: tuple[str, ...] = ()
    """`arg ZINIT_VERSION 0.2.5 -> 0.2.14`, `now with context shared`."""
    parents: tuple[str, ...] = ()
    """Names of the parents whose fingerprints differ, or that came or went."""

    @property
    def files(self) -> bool:
        """Whether any file differs."""
        return bool(self.added or self.removed or self.changed)


def compare(before: Ingredients, after: Ingredients) -> Difference:
    """Name every part that differs."""
    same = before.files == after.files
    old, new = ({}, {}) if same else (_files(before), _files(after))
    return Difference(
        added=tuple(path for path in new if path not in old),
        removed=tuple(path for path in old if path not in new),
        changed=tuple(path for path, value in new.items() if old.get(path, value) != value),
        definition=(
            *_values(before, after),
            *_externals(before, after),
            *(() if same else _contexts(before, after)),
        ),
        parents=_names_that_differ(dict(before.parents), dict(after.parents)),
    )


def _files(ingredients: Ingredients) -> dict[str, tuple[str, str]]:
    return {
        f"{files.name}:{path}" if files.name else path: (mode, blob)
        for files in ingredients.files
        for path, mode, blob in walk(files.tree)
    }


def _values(before: Ingredients, after: Ingredients) -> Iterator[str]:
    old, new = dict(before.definition), dict(after.definition)
    for name in _names_that_differ(old, new):
        yield f"{name} {_shown(old.get(name))} -> {_shown(new.get(name))}"


def _shown(value: str | None) -> str:
    return "(none)" if value is None else value or '""'


def _externals(before: Ingredients, after: Ingredients) -> Iterator[str]:
    gone = sorted({*before.externals} - {*after.externals})
    come = sorted({*after.externals} - {*before.externals})
    if len(gone) == 1 and len(come) == 1:
        yield f"external {gone[0]} -> {come[0]}"
        return
    yield from (f"no longer on external {reference}" for reference in gone)
    yield from (f"now on external {reference}" for reference in come)


def _contexts(before: Ingredients, after: Ingredients) -> Iterator[str]:
    """Named contexts that came or went, if only with files that don't count."""
    old, new = ({files.name for files in one.files} for one in (before, after))
    yield from (f"no longer with context {name}" for name in sorted(old - new))
    yield from (f"now with context {name}" for name in sorted(new - old))


def _names_that_differ(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    names: Iterable[str] = sorted({*old, *new})
    return tuple(name for name in names if old.get(name) != new.get(name))
