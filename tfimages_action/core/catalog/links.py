"""Which references lead to images of the repository, and which out of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tfimages_action.core.catalog.draft import Draft
from tfimages_action.core.catalog.model import External, ParentLink
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.dockerfile.resolution import Reference, Resolution
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.reference import ImageReference
from tfimages_action.errors import CatalogError, Location


class Links(NamedTuple):
    """Where one image's references lead."""

    parents: tuple[ParentLink, ...] = ()
    externals: tuple[External, ...] = ()
    problems: tuple[Problem, ...] = ()


class Linker:
    """Knows what the repository's images are published as: a variant is one image of many."""

    def __init__(self, registry: str, drafts: Iterable[Draft]) -> None:
        """Index the drafts.

        `images` leads from references to names; `duplicates` holds one error for each name that
        is taken twice.
        """
        self._namespace = ImageReference.parse(f"{registry}/x").name.removesuffix("x")
        self.images: dict[str, str] = {}
        self.duplicates: list[tuple[Draft, CatalogError]] = []
        owners: dict[str, Draft] = {}
        for draft in drafts:
            made = _identity(draft)
            owner = owners.setdefault(made, draft)
            if owner is not draft:
                self.duplicates.append((draft, _duplicate(made, owner, draft)))
            elif draft.definition.kind is not Kind.VM:
                self.images[made] = draft.name

    def image_of(self, reference: ImageReference) -> str | None:
        """Name of the image that is published so. One pinned by digest is none: it never moves."""
        return self.images.get(str(reference))

    def links(self, draft: Draft, resolution: Resolution) -> Links:
        """Sort the image's references; each place counts, so one parent may have several links."""
        parents: list[ParentLink] = []
        externals: list[External] = []
        problems: list[Problem] = []
        for reference in resolution.references:
            location = Location(path=draft.dockerfile.path, line=reference.line)
            image = self.image_of(reference.image)
            if image is not None:
                parents.append(
                    ParentLink(image=image, written=reference.written, location=location)
                )
                continue
            externals.append(
                External(reference=reference.image, written=reference.written, location=location)
            )
            problems += self._unknown(reference, location)
        return Links(parents=tuple(parents), externals=tuple(externals), problems=tuple(problems))

    def _unknown(self, reference: Reference, location: Location) -> Iterator[Problem]:
        name = reference.image.name
        if name.startswith(self._namespace) and not reference.image.digest:
            yield Problem(
                severity=Severity.WARNING,
                message=f"no folder makes {reference.image}",
                hint="was it removed or renamed? It is taken from the registry as it is there",
                location=location,
            )


def _identity(draft: Draft) -> str:
    definition = draft.definition
    return definition.flist if definition.kind is Kind.VM else str(definition.reference)


def _duplicate(made: str, owner: Draft, other: Draft) -> CatalogError:
    return CatalogError(
        f"{made} is made twice: here and by {owner.definition.location}",
        hint="rename one of the folders, or name it by `variants:` in image.yaml",
        location=other.definition.location,
    )
