"""What the images of one folder are, before any Dockerfile is looked at: names, args, places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tfimages_action.core import flist_name
from tfimages_action.core.catalog.discovery import Folder
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.config.values import (
    DEFAULT_IGNORE,
    ChecksConfig,
    ImagesYaml,
    ImageYaml,
    VariantConfig,
)
from tfimages_action.core.reference import ImageReference, ReferenceSyntaxError, parse_reference
from tfimages_action.errors import CatalogError, Location

if TYPE_CHECKING:
    from tfimages_action.core.config.document import Document

REGISTRY_ARG = "REGISTRY"
_NO_CHECKS = ChecksConfig()


class Definition(NamedTuple):
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


class Definer:
    """Defines images under one images.yaml; most folders have no image.yaml beside it."""

    def __init__(self, shared: ImagesYaml, *, registry: str) -> None:
        self._registry = registry
        self._args = {REGISTRY_ARG: registry, **shared.args}
        defaults = shared.defaults
        self._platforms = defaults.platforms or ()
        self._ignore = DEFAULT_IGNORE if defaults.ignore is None else defaults.ignore
        self._checks = _given(defaults.checks)

    def definitions(
        self,
        folder: Folder,
        *,
        dockerfile: str,
        config: ImageYaml | None = None,
        document: Document | None = None,
    ) -> Sequence[Definition]:
        """Those of a folder's images, in the order of image.yaml. Raises `CatalogError`."""
        if config is None or document is None:
            return (self._plain(folder, Location(path=dockerfile)),)
        base = self._configured(folder, config, document, Location(path=dockerfile))
        if config.variants is None:
            return (base,)
        return [
            self._variant(base, variant, document, ("variants", index))
            for index, variant in enumerate(config.variants)
        ]

    def _plain(self, folder: Folder, location: Location) -> Definition:
        reference = self._reference(_named(folder, location), location)
        return Definition(
            name=folder.name,
            reference=reference,
            flist=flist_name.of_image(str(reference)),
            kind=Kind.CONTAINER,
            folder=folder.path,
            location=location,
            args=self._args,
            platforms=self._platforms,
            ignore=self._ignore,
            checks=self._checks,
        )

    def _configured(
        self, folder: Folder, image: ImageYaml, document: Document, location: Location
    ) -> Definition:
        """With what image.yaml says of all of the folder's images."""
        name = folder.name or "."
        if image.variants is None:
            _named(folder, document.location())
        reference = self._reference(folder.name or "unnamed", location)
        return Definition(
            name=name,
            reference=reference,
            flist=_flist(image.flist, image.kind, name, reference),
            kind=image.kind,
            folder=folder.path,
            location=location,
            args={**self._args, **image.args},
            own_args=_located(document, ("args",), image.args),
            target=image.target,
            platforms=self._platforms if image.platforms is None else image.platforms,
            ignore=self._ignore if image.ignore is None else image.ignore,
            checks=(*self._checks, *_given(image.checks)),
        )

    def _variant(
        self, base: Definition, variant: VariantConfig, document: Document, at: tuple[str, int]
    ) -> Definition:
        location = document.location((*at, "name"))
        reference = self._reference(variant.name, location)
        own_args = _located(document, (*at, "args"), variant.args)
        return base._replace(
            name=variant.name,
            reference=reference,
            flist=_flist(variant.flist, base.kind, variant.name, reference),
            location=location,
            args={**base.args, **variant.args},
            own_args=(*base.own_args, *own_args),
            target=variant.target or base.target,
            platforms=base.platforms if variant.platforms is None else variant.platforms,
            checks=(*base.checks, *_given(variant.checks)),
        )

    def _reference(self, name: str, location: Location) -> ImageReference:
        try:
            return parse_reference(f"{self._registry}/{name}")
        except ReferenceSyntaxError as error:
            raise CatalogError(
                f"no image can be called {name!r}: {error}",
                hint="rename the folder (lower-case letters, digits, `.`, `_`, `-`), "
                "or name it in image.yaml: `variants: [{name: ...}]`",
                location=location,
            ) from None


def _named(folder: Folder, place: Location) -> str:
    """The name that a folder gives its only image."""
    if not folder.name:
        raise CatalogError(
            "an image in the images' own folder has no name",
            hint="give it one in image.yaml: `variants: [{name: ...}]`",
            location=place,
        )
    return folder.name


def _given(*layers: ChecksConfig) -> tuple[ChecksConfig, ...]:
    return tuple(layer for layer in layers if layer != _NO_CHECKS)


def _flist(given: str | None, kind: Kind, name: str, reference: ImageReference) -> str:
    """A container's by the Hub's rule; a VM's after its folder, as a manual upload has it."""
    if given is not None:
        return flist_name.with_suffix(given)
    if kind is Kind.VM:
        return flist_name.with_suffix(name.rpartition("/")[2].replace(":", "-"))
    return flist_name.of_image(str(reference))


def _located(
    document: Document, at: tuple[str | int, ...], args: Mapping[str, str]
) -> tuple[tuple[str, Location], ...]:
    return tuple((name, document.location((*at, name))) for name in args)
