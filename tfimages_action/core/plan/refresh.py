"""What a refresh has to build: images whose external bases moved since they were built. Pure.

A release's images age with what they stand on. A refresh builds from the release's own source those
whose external references mean another digest now, and everything built on them. Two results:

* the files are what they were: nothing is published; the tag `base-<B12>` (for a variant
  `24.04-base-<B12>`) on the digest that is published says that it is current against those bases;
* something changed: it is published under its content's names and `refresh` (`24.04-refresh`),
  which the next refresh takes for what is published. The moving names follow only where that was
  asked for: a running VM would find a new layer below its old writable one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tfimages_action.core.catalog.model import Catalog, Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.plan.model import Action, ReasonKind, Step
from tfimages_action.core.published import names
from tfimages_action.core.published.names import Occasion, Refresh, Release
from tfimages_action.core.published.record import Record, RecordAnswer
from tfimages_action.core.reference import ImageReference

Digests = Mapping[str, str]
"""What external references stand for now, by their text without a digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an image stands on now: one more name says that it is current against that."""

    pins: tuple[tuple[str, str], ...]
    """(reference, digest) of every external image below it, its ancestors' too, sorted."""
    name: ImageReference
    """`base-<B12>`."""


def is_wanted(image: Image, answer: RecordAnswer) -> bool:
    """Whether this is the image as the release's source has it."""
    return isinstance(answer, Record) and answer.fingerprint == image.fingerprint


def published_now(image: Image, moving: RecordAnswer, refreshed: RecordAnswer) -> RecordAnswer:
    """The newest result of this source: what a refresh published, else what the release did."""
    if is_wanted(image, moving) and is_wanted(image, refreshed):
        return refreshed
    return moving


def external_names(catalog: Catalog) -> dict[str, tuple[ImageReference, ...]]:
    """By image, the external references below it that may move: those without a digest."""
    found: dict[str, dict[str, ImageReference]] = {}
    for image in catalog.images:  # parents come first
        below: dict[str, ImageReference] = {}
        for parent in image.parent_names:
            below |= found.get(parent, {})
        own = (one.reference for one in image.externals if one.reference.digest is None)
        below |= {str(reference): reference for reference in own}
        found[image.name] = below
    return {name: tuple(below[key] for key in sorted(below)) for name, below in found.items()}


def standings(catalog: Catalog, now: Digests) -> dict[str, Standing]:
    """By image, what it stands on now. A reference that nobody resolved is left out."""
    found: dict[str, Standing] = {}
    for image_name, references in external_names(catalog).items():
        image = catalog.find(image_name)
        pins = tuple((text, now[text]) for text in map(str, references) if text in now)
        if image is not None and pins and image.kind is Kind.CONTAINER:
            name = names.base_reference(image, _base(pins))
            found[image_name] = Standing(pins=pins, name=name)
    return found


def moved_bases(
    catalog: Catalog,
    records: Mapping[str, RecordAnswer],
    standing: Mapping[str, Standing],
    confirmed: Mapping[str, str],
) -> dict[str, str]:
    """By image, which base moved. `confirmed` maps images to the digest that `Standing.name` bears.

    `records` holds what is published now (`published_now`). What was not recorded when the image
    was built can't be said to have moved.
    """
    found: dict[str, str] = {}
    for image in catalog.images:
        record, here = records.get(image.name), standing.get(image.name)
        if not isinstance(record, Record) or here is None or not is_wanted(image, record):
            continue
        if confirmed.get(image.name) == record.digest:
            continue
        before = dict((*((record.base,) if record.base else ()), *record.externals))
        texts = [
            f"{reference} moved from {names.short(before[reference])} to {names.short(digest)}"
            for reference, digest in here.pins
            if before.get(reference, digest) != digest
        ]
        if texts:
            found[image.name] = "; ".join(texts)
    return found


def left_behind(
    catalog: Catalog,
    records: Mapping[str, RecordAnswer],
    standing: Mapping[str, Standing],
    pushed: Mapping[str, RecordAnswer],
) -> dict[str, Record]:
    """By image, what a killed refresh built on just these bases, checked and pushed.

    `pushed` is what the name says that a refresh pushes under; it outlives the refresh, so only
    what is not published (`records`) and stands on today's bases is anything left to be named.
    """
    found: dict[str, Record] = {}
    for image in catalog.images:
        record, here = pushed.get(image.name), standing.get(image.name)
        if not isinstance(record, Record) or here is None or not is_wanted(image, record):
            continue
        now = records.get(image.name)
        is_new = not isinstance(now, Record) or now.digest != record.digest
        if is_new and set(here.pins) <= set(record.externals):
            found[image.name] = record
    return found


def occasion_for(step: Step, occasion: Occasion) -> Occasion:
    """What one image is published for: in a refresh, what a release left undone is the release's.

    An flist that is missing is made for the digest that has the moving names already, which may
    be a refresh's; the release's name must not follow it there.
    """
    if not isinstance(occasion, Refresh) or step.action is Action.SKIP:
        return occasion
    match step.reason.kind:
        case ReasonKind.BASE_MOVED:
            return occasion
        case ReasonKind.FLIST:
            return replace(occasion, switch=True)
        case _:
            return Release(version=occasion.version)


def _base(pins: tuple[tuple[str, str], ...]) -> str:
    """The base's digest; of several, one value for all."""
    if len(pins) == 1:
        return pins[0][1]
    listed = "\n".join(f"{reference}@{digest}" for reference, digest in pins)
    return hashlib.sha256(listed.encode()).hexdigest()
