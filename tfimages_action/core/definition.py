"""What the images of one folder are, before any Dockerfile is looked at: names, args, places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tfimages_action.core import flist_name
from tfimages_action.core.catalog import Kind
from tfimages_action.core.config.values import (
    DEFAULT_IGNORE,
    ChecksConfig,
    ImagesYaml,
    ImageYaml,
    VariantConfig,
)
from tfimages_action.core.discovery import Folder
from tfimages_action.core.reference import ImageReference, ReferenceSyntaxError, parse_reference
from tfimages_action.errors import CatalogError, Location

if TYPE_CHECKING:
    from tfimages_action.core.config.document import Document

REGISTRY_ARG = "REGISTRY"
_NO_CONFIG = ImageYaml()
_NO_CHECKS = _NO_CONFIG.checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One image as its folder, image.yaml and images.yaml define it."""

    name: str
    reference: ImageReference
    flist: str
    kind: Kind
    folder: str
    location: Location
    """Where its name comes from: the variant's line, else the folder's Dockerfile."""
    args: Mapping[str, str]
    """All build args offered; those that the Dockerfile declares will count."""
    own_args: tuple[tuple[str, Location], ...] = ()
    """The args that image.yaml itself gives, for a word on those which nothing declares."""
    target: str | None = None
    platforms: tuple[str, ...] = ()
    ignore: tuple[str, ...] = DEFAULT_IGNORE
    checks: tuple[ChecksConfig, ...] = ()
    contexts: Mapping[str, str] = field(default_factory=dict)


def define(
    folder: Folder,
    shared: ImagesYaml,
    *,
    registry: str,
    dockerfile: str,
    config: ImageYaml | None = None,
    document: Document | None = None,
) -> Iterator[Definition]:
    """The definitions of a folder's images, in the order of image.yaml. Raises `CatalogError`."""
    image = config or _NO_CONFIG
    place = document.location() if document else Location(path=dockerfile)
    base = _base(folder, shared, image, registry=registry, dockerfile=dockerfile)
    base = replace(base, own_args=_located(document, ("args",), image.args)) if image.args else base
    if image.variants is None:
        if not folder.name:
            raise CatalogError(
                "an image in the images' own folder has no name",
                hint="give it one in image.yaml: `variants: [{name: ...}]`",
                location=place,
            )
        yield base
        return
    for index, variant in enumerate(image.variants):
        at: tuple[str | int, ...] = ("variants", index)
        yield _variant(
            base,
            variant,
            registry=registry,
            location=document.location((*at, "name")) if document else place,
            own_args=(*base.own_args, *_located(document, (*at, "args"), variant.args)),
        )


def _base(
    folder: Folder, shared: ImagesYaml, image: ImageYaml, *, registry: str, dockerfile: str
) -> Definition:
    defaults = shared.defaults
    location = Location(path=dockerfile)
    name = folder.name or "."
    reference = _reference(registry, name if folder.name else "unnamed", location)
    return Definition(
        name=name,
        reference=reference,
        flist=_flist(image.flist, image.kind, name, reference),
        kind=image.kind,
        folder=folder.path,
        location=location,
        args={REGISTRY_ARG: registry, **shared.args, **image.args},
        target=image.target,
        platforms=_first(image.platforms, defaults.platforms, ()),
        ignore=_first(image.ignore, defaults.ignore, DEFAULT_IGNORE),
        checks=_given(defaults.checks, image.checks),
        contexts=image.contexts,
    )


def _variant(
    base: Definition,
    variant: VariantConfig,
    *,
    registry: str,
    location: Location,
    own_args: tuple[tuple[str, Location], ...],
) -> Definition:
    reference = _reference(registry, variant.name, location)
    return replace(
        base,
        name=variant.name,
        reference=reference,
        flist=_flist(variant.flist, base.kind, variant.name, reference),
        location=location,
        args={**base.args, **variant.args},
        own_args=own_args,
        target=variant.target or base.target,
        platforms=_first(variant.platforms, None, base.platforms),
        checks=(*base.checks, *_given(variant.checks)),
    )


def _given(*layers: ChecksConfig) -> tuple[ChecksConfig, ...]:
    return tuple(layer for layer in layers if layer is not _NO_CHECKS)


def _reference(registry: str, name: str, location: Location) -> ImageReference:
    try:
        return parse_reference(f"{registry}/{name}")
    except ReferenceSyntaxError as error:
        raise CatalogError(
            f"no image can be called {name!r}: {error}",
            hint="rename the folder (lower-case letters, digits, `.`, `_`, `-`), "
            "or name it in image.yaml: `variants: [{name: ...}]`",
            location=location,
        ) from None


def _flist(given: str | None, kind: Kind, name: str, reference: ImageReference) -> str:
    """A container's by the Hub's rule; a VM's after its folder, as a manual upload has it."""
    if given is not None:
        return flist_name.with_suffix(given)
    if kind is Kind.VM:
        return flist_name.with_suffix(name.rpartition("/")[2].replace(":", "-"))
    return flist_name.of_image(str(reference))


def _first(
    first: tuple[str, ...] | None, second: tuple[str, ...] | None, otherwise: tuple[str, ...]
) -> tuple[str, ...]:
    if first is not None:
        return first
    return otherwise if second is None else second


def _located(
    document: Document | None, at: tuple[str | int, ...], args: Mapping[str, str]
) -> tuple[tuple[str, Location], ...]:
    if document is None:
        return ()
    return tuple((name, document.location((*at, name))) for name in args)
