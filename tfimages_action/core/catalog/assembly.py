"""From linked drafts to the catalog's images, parents first: fingerprints and inherited checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tfimages_action.core.catalog.check_plan import check_plan
from tfimages_action.core.catalog.context import ContextReader
from tfimages_action.core.catalog.discovery import IMAGE_YAML
from tfimages_action.core.catalog.draft import Draft
from tfimages_action.core.catalog.fingerprint import FileSet, Ingredients, fingerprint_of
from tfimages_action.core.catalog.links import Links
from tfimages_action.core.catalog.memo import Linked, Memo
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.dockerfile.resolution import Resolution
from tfimages_action.core.tree import Tree


def assemble(
    order: Iterable[str],
    drafts: Mapping[str, Draft],
    linked: Mapping[str, Linked],
    contexts: ContextReader,
    memo: Memo,
) -> tuple[Image, ...]:
    """The images in build order. `linked` holds what each draft was resolved and linked to."""
    images: dict[str, Image] = {}
    for name in order:
        draft, link = drafts[name], linked[name]
        above = [images[parent] for parent in _parents(link[1])]
        parts = (draft, link, _trees(draft, contexts), above)
        known = memo.images.get(name)
        if known is None or known[0] != parts:
            image = _image(draft, *link, _files(draft, contexts), above)
            known = memo.images[name] = (parts, image)
        images[name] = known[1]
    return tuple(images.values())


def _parents(links: Links) -> Sequence[str]:
    """Names of the images it is built from, sorted, each once."""
    found = links.parents
    return sorted({link.image for link in found}) if len(found) > 1 else [p.image for p in found]


def _trees(draft: Draft, contexts: ContextReader) -> list[Tree]:
    """The folders that `_files` chooses from by the draft: where both are the same, so is that."""
    trees = [contexts.tree(draft.context)]
    if draft.contexts:
        trees += [contexts.tree(named.folder) for named in draft.contexts if not named.outside]
    return trees


def _files(draft: Draft, contexts: ContextReader) -> tuple[FileSet, ...]:
    folder = draft.definition.folder
    return contexts.file_sets(
        context=draft.context,
        dockerfile=draft.dockerfile,
        contexts=[(c.name, c.folder) for c in draft.contexts if not c.outside],
        ignore_files=draft.ignore_files,
        ignore=draft.definition.ignore,
        own=f"{folder}/{IMAGE_YAML}" if folder else IMAGE_YAML,
    )


def _image(
    draft: Draft,
    resolution: Resolution,
    links: Links,
    files: tuple[FileSet, ...],
    above: Sequence[Image],
) -> Image:
    definition = draft.definition
    offered = definition.args
    args = tuple(sorted([(n, offered[n]) for n in resolution.declared if n in offered]))
    outside = {external.reference for external in links.externals}
    ingredients = Ingredients(
        files=files,
        definition=_definition(draft, args),
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
        checks=check_plan(definition.checks, [parent.checks for parent in above]),
        fingerprint=fingerprint_of(ingredients),
        ingredients=ingredients,
    )


def _definition(draft: Draft, args: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """What is decided outside the files; a default says nothing, so that new keys cost nothing."""
    definition = draft.definition
    found = [
        ("dockerfile", _place(draft.dockerfile.path, draft.context)),
        ("kind", definition.kind.value),
    ]
    if definition.target is not None:
        found.append(("target", definition.target))
    if definition.platforms:
        found.append(("platforms", " ".join(definition.platforms)))
    found += [(f"arg {name}", value) for name, value in args]
    found += [
        (f"context {context.name}", "(from outside the repository)")
        for context in draft.contexts
        if context.outside
    ]
    return tuple(sorted(found))


def _place(dockerfile: str, context: str) -> str:
    """The Dockerfile's path in the context, or from the root (`/...`) where it lies outside."""
    if not context:
        return dockerfile
    inside = dockerfile.removeprefix(f"{context}/")
    return inside if inside != dockerfile else f"/{dockerfile}"
