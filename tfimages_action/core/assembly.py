"""From linked drafts to the catalog's images, parents first: fingerprints and inherited checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tfimages_action.core.catalog import Image
from tfimages_action.core.check_plan import check_plan
from tfimages_action.core.config.values import ChecksConfig
from tfimages_action.core.context import ContextReader
from tfimages_action.core.discovery import IMAGE_YAML
from tfimages_action.core.dockerfile.resolution import Resolution
from tfimages_action.core.draft import Draft
from tfimages_action.core.fingerprint import FileSet, Ingredients, fingerprint_of
from tfimages_action.core.links import Links
from tfimages_action.core.memo import Linked, Memo

_NO_CHECKS = ChecksConfig()


def assemble(
    order: Iterable[str],
    drafts: Mapping[str, Draft],
    linked: Mapping[str, Linked],
    contexts: ContextReader,
    memo: Memo,
) -> tuple[Image, ...]:
    """The images in build order. `linked` holds what each draft was resolved and linked to."""
    order = tuple(order)
    files = {name: _files(drafts[name], contexts) for name in order}
    images: dict[str, Image] = {}
    for name in order:
        draft, (resolution, links) = drafts[name], linked[name]
        parents = sorted({link.image for link in links.parents}) if links.parents else ()
        above = [images[parent] for parent in parents]
        parts = (draft, resolution, links, files[name], above)
        known = memo.images.get(name)
        if known is None or known[0] != parts:
            known = memo.images[name] = (
                parts,
                _image(draft, resolution, links, files[name], above),
            )
        images[name] = known[1]
    return tuple(images.values())


def _files(draft: Draft, contexts: ContextReader) -> tuple[FileSet, ...]:
    folder = draft.definition.folder
    return contexts.file_sets(
        context=draft.context,
        dockerfile=draft.dockerfile,
        contexts=[(c.name, c.folder) for c in draft.contexts if not c.outside],
        ignore=draft.definition.ignore,
        without=f"{folder}/{IMAGE_YAML}" if folder else IMAGE_YAML,
    )


def _image(
    draft: Draft,
    resolution: Resolution,
    links: Links,
    files: tuple[FileSet, ...],
    above: Sequence[Image],
) -> Image:
    definition = draft.definition
    args = tuple((k, v) for k, v in draft.args.items() if k in resolution.declared)
    outside = {external.reference for external in links.externals}
    ingredients = Ingredients(
        files=files,
        definition=tuple(sorted(_definition(draft, args))),
        externals=tuple(sorted(map(str, outside))),
        parents=tuple([(parent.name, parent.fingerprint) for parent in above]),
    )
    base = resolution.base
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
        base=base.image if base and base.image in outside else None,
        checks=check_plan(
            [layer for layer in definition.checks if layer != _NO_CHECKS],
            [parent.checks for parent in above],
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
