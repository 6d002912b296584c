"""Replays what the bash script would have built for past tags, beside what was right. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tfimages_action.core import flist_name
from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.catalog.memo import Memo
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.migration.adoption import (
    Proposed,
    ScriptRepository,
    propose,
    read_repository,
    script_builds,
)
from tfimages_action.core.plan.decide import decide
from tfimages_action.core.plan.knowledge import Knowledge
from tfimages_action.core.plan.model import Action
from tfimages_action.core.tree import Revision
from tfimages_action.errors import RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One past tag."""

    tag: str
    previous: str | None
    script: tuple[str, ...]
    """Images that the script would have built."""
    missed: tuple[tuple[str, str], ...]
    """(image, why it had to be built) of those that it left out."""
    needless: tuple[str, ...]
    """What it built though nothing had changed."""
    notes: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        return not self.missed and not self.needless


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Stable flist names, old and new."""

    stay: tuple[str, ...]
    change: tuple[tuple[str, str], ...]
    """(old, new)."""
    retire: tuple[str, ...]
    """What past tags published and nothing makes any more; nothing deletes it."""
    appear: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """Mistakes that hide images, whose addresses then look as if they retired."""


class Replayer:
    """Reads revisions as the script did and as we do, each once."""

    def __init__(self, registry: str) -> None:
        self._options = CatalogOptions(registry=registry, images_dir=".")
        self._memo = Memo()
        self._seen: dict[str, tuple[ScriptRepository, Catalog | RefusedError]] = {}

    def replay(self, tag: str, now: Revision, before: Revision | None) -> Replay:
        """Compare for one tag; `before` is the release below it."""
        repository, catalog = self._read(now)
        older = self._read(before) if before else None
        script = script_builds(repository, older[0] if older else None)
        previous = before.name if before else None
        if isinstance(catalog, RefusedError):
            return Replay(
                tag=tag,
                previous=previous,
                script=tuple(sorted(script)),
                missed=(),
                needless=(),
                notes=(f"can't be replayed: {catalog.message}",),
            )
        known = Catalog(revision="nothing", images=())
        if older and isinstance(older[1], Catalog):
            known = older[1]
        plan = decide(Knowledge(current=catalog, previous=known if before else None))
        right = {
            step.image.name: step.reason.detail
            for step in plan.steps
            if step.action is Action.BUILD
        }
        return Replay(
            tag=tag,
            previous=previous,
            script=tuple(sorted(script)),
            missed=tuple(sorted((name, why) for name, why in right.items() if name not in script)),
            needless=tuple(sorted(script - right.keys())),
            notes=_mistakes(catalog),
        )

    def addresses(self, newest: Revision, past: Iterable[Revision]) -> Addresses:
        """Tell what becomes of every stable flist name that the script ever published."""
        repository, catalog = self._read(newest)
        if isinstance(catalog, RefusedError):
            raise catalog
        published: dict[str, str] = {}
        for revision in past:
            published |= self._names(self._read(revision)[0])
        now = self._names(repository)
        current = {image.name: image.flist for image in catalog.images}
        by_folder = {image.folder: image.flist for image in catalog.images}
        flists = frozenset(current.values())
        gone = {name: old for name, old in published.items() if old not in flists}
        moved = {
            old: new
            for name, old in gone.items()
            if name in now and (new := current.get(name) or by_folder.get(repository.names[name]))
        }
        return Addresses(
            stay=tuple(sorted(flists & set(published.values()))),
            change=tuple(sorted(moved.items())),
            retire=tuple(sorted(set(gone.values()) - moved.keys())),
            appear=tuple(sorted(flists - set(published.values()) - set(moved.values()))),
            notes=_mistakes(catalog),
        )

    def _names(self, repository: ScriptRepository) -> Mapping[str, str]:
        registry = self._options.registry
        return {
            name: flist_name.of_image(f"{registry}/{_tagged(name)}") for name in repository.names
        }

    def _read(self, revision: Revision) -> tuple[ScriptRepository, Catalog | RefusedError]:
        key = revision.commit or revision.name
        if key not in self._seen:
            repository = read_repository(revision)
            proposed = Proposed(revision=revision, files=propose(repository))
            found: Catalog | RefusedError
            try:
                found = build_catalog(proposed, self._options, memo=self._memo, lenient=True)
            except RefusedError as error:
                found = error
            self._seen[key] = repository, found
        return self._seen[key]


def _mistakes(catalog: Catalog) -> tuple[str, ...]:
    """What hides images of this revision; nothing where all could be read."""
    return tuple(problem.message for problem in catalog.problems) if catalog.broken else ()


def _tagged(name: str) -> str:
    return name if ":" in name else f"{name}:latest"
