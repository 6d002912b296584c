"""From a revision to its catalog: which folders, how their images hang together, what is wrong.

What one folder holds is drafted in `drafting`, and fingerprints are made in `assembly`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from tfimages_action.core.catalog.assembly import assemble
from tfimages_action.core.catalog.context import ContextReader
from tfimages_action.core.catalog.definition import Definer
from tfimages_action.core.catalog.discovery import IMAGES_YAML, Folder, normal
from tfimages_action.core.catalog.draft import Draft
from tfimages_action.core.catalog.drafting import Drafter
from tfimages_action.core.catalog.files import Files
from tfimages_action.core.catalog.links import Linker
from tfimages_action.core.catalog.memo import Linked, Memo
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.config.values import ImagesYaml
from tfimages_action.core.dockerfile.resolution import Resolution
from tfimages_action.core.graph import CycleFoundError, descendants
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.tree import Revision, TreeEntry
from tfimages_action.errors import CatalogError, RefusedError

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogOptions:
    """What a catalog depends on beside the revision."""

    registry: str
    """Registry and namespace, lower case: `ghcr.io/owner`."""
    images_dir: str = "images"
    """Relative to the repository's root; `.` is the root itself."""
    overrides: tuple[tuple[str, str], ...] = ()
    """`--build-context NAME=DIR`: folders outside the repository, by the name they replace."""


def build_catalog(
    revision: Revision,
    options: CatalogOptions,
    *,
    memo: Memo | None = None,
    lenient: bool = False,
) -> Catalog:
    """Read the catalog of a revision.

    A mistake raises the `RefusedError` that names it; with `lenient` (an older revision, which
    nobody can mend any more) the images it concerns are left out and a problem says so.
    """
    return _Builder(revision, options, memo or Memo(), lenient=lenient).build()


class _Builder:
    def __init__(
        self, revision: Revision, options: CatalogOptions, memo: Memo, *, lenient: bool
    ) -> None:
        self._revision = revision
        self._options = options
        self._images_dir = normal(options.images_dir)
        self._memo = memo
        self._lenient = lenient
        self._files = Files(revision)
        self._reader = ContextReader(self._files, memo.counting)
        self._errors: list[RefusedError] = []
        self._broken: set[str] = set()
        self._problems: list[Problem] = []

    def build(self) -> Catalog:
        found = self._drafts()
        linker = Linker(self._options.registry, found)
        drafts = {draft.name: draft for draft in self._distinct(found, linker)}
        self._refuse()
        if len(drafts) < len(found):
            linker = Linker(self._options.registry, drafts.values())
        links = self._links(drafts, linker)
        self._refuse()
        order = self._order(drafts, links)
        for name in order:
            resolution, linked = links[name]
            if linked.problems or drafts[name].questionable(resolution):
                self._problems += (*drafts[name].warnings(resolution), *linked.problems)
        images = assemble(order, drafts, links, self._reader, self._memo)
        return Catalog(
            revision=self._revision.name,
            images=images,
            problems=tuple(dict.fromkeys(self._problems)),
            broken=tuple(sorted(self._broken)),
        )

    def _drafts(self) -> list[Draft]:
        place = posixpath.join(self._images_dir, IMAGES_YAML)
        entry = self._attempt(self._images_dir, lambda: self._files.file(place), None)
        shared = self._shared(entry, place) if entry else ImagesYaml()
        known = self._memo.drafts_under(self._options, entry.blob if entry else "")
        drafter = Drafter(
            Definer(shared, registry=self._options.registry),
            self._revision,
            self._files,
            self._reader,
            self._memo,
            overrides=self._options.overrides,
        )
        drafts: list[Draft] = []
        folders = self._folders(shared)
        plain = (f.dockerfile.blob for f in folders if f.dockerfile and f.stands_alone)
        self._memo.read_ahead(plain, self._revision.read)
        for folder in folders:
            self._files.know(folder.path, folder.tree)
            before = known.get(folder.path)
            if before is not None and before[0] == folder:
                drafts += before[1]
                continue
            nothing: tuple[Draft, ...] = ()
            found = self._attempt(folder.path, partial(drafter.drafts, folder), nothing)
            if found and folder.stands_alone and found[0].is_within(folder):
                known[folder.path] = folder, found
            drafts += found
        return drafts

    def _shared(self, entry: TreeEntry, place: str) -> ImagesYaml:
        from tfimages_action.core.config.read import read_images_yaml  # noqa: PLC0415 - see there

        data = self._files.read(entry)
        read = self._attempt(self._images_dir, lambda: read_images_yaml(place, data), None)
        if read is None:
            return ImagesYaml()
        idle = self._memo.discovery.without_effect(
            self._files.tree(self._images_dir),
            include=read.value.include,
            exclude=read.value.exclude,
        )
        for key, number in idle:
            self._problems.append(
                Problem(
                    severity=Severity.WARNING,
                    message=f"`{getattr(read.value, key)[number]}` matches no image's folder",
                    hint=f"`{key}` takes globs on paths below {self._images_dir or 'the root'}; "
                    "`tfimages init --list` shows what is there",
                    location=read.document.location((key, number)),
                )
            )
        return read.value

    def _folders(self, shared: ImagesYaml) -> tuple[Folder, ...]:
        folders = self._memo.discovery.folders(
            self._files.tree(self._images_dir),
            self._images_dir,
            include=shared.include,
            exclude=shared.exclude,
        )
        if not folders and not self._lenient:
            where = self._images_dir or "the repository"
            there = self._files.has_folder(self._images_dir)
            raise CatalogError(
                f"no Dockerfile found in {where} at {self._revision.name}"
                + ("" if there else f": there is no folder {where}"),
                hint="put each image's Dockerfile into a folder of its own there, "
                "or name another place by `images-dir`",
            )
        return folders

    def _distinct(self, drafts: Sequence[Draft], linker: Linker) -> Iterator[Draft]:
        """The drafts but those whose name is taken; each of these is an error."""
        for draft, error in linker.duplicates:
            self._fail(draft.definition.folder, error)
        left_out = {id(draft) for draft, _ in linker.duplicates}
        return (draft for draft in drafts if id(draft) not in left_out)

    def _links(self, drafts: dict[str, Draft], linker: Linker) -> dict[str, Linked]:
        """Resolve and link every draft; a second time those whose parents leave them triggers."""
        known = self._memo.links_among(linker.images)
        linked: dict[str, Linked] = {}
        resolved: dict[str, Resolution] = {}
        for name, draft in list(drafts.items()):
            before = known.get(name)
            if before and (before[0] is draft or before[0] == draft):
                linked[name] = before[1]
                continue
            found = self._attempt(draft.definition.folder, draft.resolve, None)
            if found:
                resolved[name] = found
            else:
                del drafts[name]
        for name, resolution in resolved.items():
            linked[name] = resolution, linker.links(drafts[name], resolution)
            known[name] = drafts[name], linked[name]
        triggers = {name: found.onbuild for name, (found, _) in linked.items() if found.onbuild}
        if not triggers:
            return linked

        def onbuild_of(image: ImageReference) -> Sequence[str]:
            return triggers.get(linker.image_of(image) or "", ())

        def again(draft: Draft) -> Linked:
            resolution = draft.resolve(onbuild_of)
            return resolution, linker.links(draft, resolution)

        for name, (_, links) in list(linked.items()):
            if any(link.image in triggers for link in links.parents):
                draft = drafts[name]
                work = partial(again, draft)
                linked[name] = self._attempt(draft.definition.folder, work, linked[name])
        return linked

    def _order(self, drafts: dict[str, Draft], links: dict[str, Linked]) -> tuple[str, ...]:
        """The build order. A cycle is refused; leniently all that it holds up is left out."""
        while True:
            parents = {
                name: [link.image for link in links[name][1].parents if link.image in drafts]
                for name in drafts
            }
            try:
                return self._memo.order(parents)
            except CycleFoundError as cycle:
                error = self._cycle(cycle.path, links)
                if not self._lenient:
                    raise error from None
                for name in {*cycle.path} | descendants(parents, cycle.path):
                    self._fail(drafts.pop(name).definition.folder, error)

    @staticmethod
    def _cycle(path: tuple[str, ...], links: dict[str, Linked]) -> CatalogError:
        location = next(
            link.location for link in links[path[0]][1].parents if link.image == path[1]
        )
        return CatalogError(
            f"images are built from one another: {' -> '.join(path)}",
            hint="let one of them start from an image outside the circle",
            location=location,
        )

    def _attempt(self, folder: str, work: Callable[[], _T], otherwise: _T) -> _T:
        """Do one folder's work; a mistake there must not hide the mistakes of others."""
        try:
            return work()
        except RefusedError as error:
            self._fail(folder, error)
            return otherwise

    def _fail(self, folder: str, error: RefusedError) -> None:
        if not self._lenient:
            self._errors.append(error)
            return
        self._broken.add(folder)
        self._problems.append(
            Problem(
                severity=Severity.WARNING,
                message=f"at {self._revision.name}: {error.message}",
                hint="planned as if it had not been there",
                location=error.location,
            )
        )

    def _refuse(self) -> None:
        """Raise the first mistake, which names the others."""
        if not self._errors:
            return
        first, *others = self._errors
        if others:
            places = ", ".join(str(error.location or error.message) for error in others[:5])
            first.hint = f"{first.hint}\n  also wrong: {places}".lstrip()
        raise first
