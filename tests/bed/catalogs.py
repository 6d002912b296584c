"""Catalogs of repositories that live in memory, and what tests ask of them."""

from typing import Final

from tests.bed.revisions import catalog_of
from tfimages_action.core.catalog.model import Catalog, Image

ALPINE: Final = "FROM alpine:3.20\n"
VARIANTS: Final = {
    "images/base/Dockerfile": "ARG PARENT\nFROM ${PARENT}\n",
    "images/base/image.yaml": (
        "variants:\n- {name: 'u:1', args: {PARENT: 'u:1'}}\n"
        "- {name: 'u:2', args: {PARENT: 'u:2'}}\n- {name: v, args: {PARENT: v}}"
    ),
}
"""A folder of three variants, each on a base of its own."""


def image_of(files: dict[str, str], name: str | None = None, **more: object) -> Image:
    """The image of that name, or the only one."""
    catalog = catalog_of(files, **more)  # type: ignore[arg-type]
    found = [one for one in catalog.images if name in {None, one.name}]
    assert len(found) == 1, [one.name for one in catalog.images]
    return found[0]


def names_of(files: dict[str, str], images_dir: str = "images") -> set[str]:
    return {one.name for one in catalog_of(files, images_dir=images_dir).images}


def warnings_of(catalog: Catalog) -> list[str]:
    return [f"{p.location}: {p.message}" for p in catalog.problems if p.severity == "warning"]
