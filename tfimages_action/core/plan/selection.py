"""`only`: the images that a run is limited to, and those it can't do without."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

from tfimages_action.core.catalog.model import Catalog, Image, no_such_image
from tfimages_action.core.graph import ancestors, descendants
from tfimages_action.core.plan.model import Action, ReasonKind, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Globs on images' names (`ubuntu:*`) or folders (`deb-base`); none selects all."""

    only: tuple[str, ...] = ()
    descendants: bool = False
    """Whatever is built on the selected ones, too."""


def matched(selection: Selection, catalog: Catalog) -> frozenset[str]:
    """Names of the selected images. Raises `SettingsError` for a glob that selects none."""
    parents = {image.name: image.parent_names for image in catalog.images}
    if not selection.only:
        return frozenset(parents)
    names: set[str] = set()
    for glob in selection.only:
        found = {image.name for image in catalog.images if _matches(image, glob)}
        if not found:
            raise no_such_image(glob, catalog.images, note=", which `only` names")
        # A whole name is that image alone, whatever folder ends like it.
        names |= found & {glob} or found
    return frozenset(names) | (descendants(parents, names) if selection.descendants else set())


def needed(chosen: frozenset[str], steps: Sequence[Step]) -> frozenset[str]:
    """Names of the ancestors of chosen builds that must be built (or promoted) with them."""
    parents = {step.image.name: step.image.parent_names for step in steps}
    builds = (s.image.name for s in steps if s.action is Action.BUILD and s.image.name in chosen)
    pending = {step.image.name for step in steps if _is_pending(step)}
    return (ancestors(parents, builds) & pending) - chosen


def _is_pending(step: Step) -> bool:
    return step.action is Action.BUILD or step.reason.kind is ReasonKind.PROMOTED


def _matches(image: Image, glob: str) -> bool:
    wanted = glob.strip("/")
    return (
        fnmatch.fnmatchcase(image.name, wanted)
        or fnmatch.fnmatchcase(image.folder, wanted)
        or fnmatch.fnmatchcase(image.folder, f"*/{wanted}")
    )
