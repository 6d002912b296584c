"""From linked drafts to the catalog's images, parents first: fingerprints and inherited checks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from tfimages_action.core.catalog import Image
from tfimages_action.core.check_plan import check_plan
from tfimages_action.core.config.values import ChecksConfig
from tfimages_action.core.context import ContextReader
from tfimages_action.core.discovery import IMAGE_YAML
from tfimages_action.core.dockerfile.resolve import Resolution
from tfimages_action.core.draft import Draft
from tfimages_action.core.fingerprint import Ingredients, fingerprint_of
from tfimages_action.core.links import Links

_NO_CHECKS = ChecksConfig()


def assemble(
    order: Iterable[str],
    drafts: Mapping[str, Draft],
    links: Mapping[str, tuple[Resolution, Links]],
    contexts: ContextReader,
) -> tuple[Image, ...]:
    """The images in build order. `links` holds what each draft was resolved and linked to."""
    images: dict[str, Image] = {}
    for name in order:
        resolution, linked = links[name]
        images[name] = _image(drafts[name], resolution, linked, contexts, images)
    return tuple(images.values())


def _image(
    draft: Draft,
    resolution: Resolution,
    links: Links,
    contexts: ContextReader,
    above: Mapping[str, Image],
) -> Image:
    definition = draft.definition
    parents = sorted({link.image for link in links.parents})
    args = tuple((k, v) for k, v in draft.args.items() if k in resolution.declared)
    base = resolution.base
    outside = {external.reference for external in links.externals}
    ingredients = Ingredients(
        files=contexts.file_sets(
            context=draft.context,
            dockerfile=draft.dockerfile,
            contexts=[(c.name, c.folder) for c in draft.contexts if not c.outside],
            ignore=definition.ignore,
            without=posixpath.join(definition.folder, IMAGE_YAML),
        ),
        definition=tuple(sorted(_definition(draft, args))),
        externals=tuple(sorted(map(str, outside))),
        parents=tuple((name, above[name].fingerprint) for name in parents),
    )
    return Image(
        name=definition.name,
        reference=definition.reference,
        flist=definition.flist,
        kind=definition.kind,
        folder=definition.folder,
        dockerfile=draft.dockerfile.path,
        context=draft.context,
        contexts=draft.contexts,
        args=args,
        target=definition.target,
        platforms=definition.platforms,
        parents=links.parents,
        externals=links.externals,
        base=base.image
        if base and any(e.reference == base.image for e in links.externals)
        else None,
        checks=check_plan(
            [layer for layer in definition.checks if layer is not _NO_CHECKS],
            [above[name].checks for name in parents],
        ),
        fingerprint=fingerprint_of(ingredients),
        ingredients=ingredients,
    )


def _definition(draft: Draft, args: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """What is decided outside the files; a default says nothing, so that new keys cost nothing."""
    definition = draft.definition
    yield "kind", definition.kind
    yield "dockerfile", _place(draft.dockerfile.path, draft.context)
    if definition.target is not None:
        yield "target", definition.target
    if definition.platforms:
        yield "platforms", " ".join(definition.platforms)
    for name, value in args:
        yield f"arg {name}", value
    for context in draft.contexts:
        if context.outside:
            yield f"context {context.name}", "(from outside the repository)"


def _place(dockerfile: str, context: str) -> str:
    """The Dockerfile's path in the context, or from the root (`/...`) where it lies outside."""
    if not context:
        return dockerfile
    inside = dockerfile.removeprefix(f"{context}/")
    return inside if inside != dockerfile else f"/{dockerfile}"
