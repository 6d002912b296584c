"""Everything a build is given, and nothing else: pinned parents, pinned bases, labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.plan.model import ReasonKind, Step
from tfimages_action.core.published import labels
from tfimages_action.core.published.labels import Pin
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import BuildRequest, PinnedParent
from tfimages_action.pipeline.bases import PinnedExternal
from tfimages_action.pipeline.options import Assignment

_UNCACHED: Final = {ReasonKind.FORCED, ReasonKind.BASE_MOVED}
"""A rebuild for software updates that hits the cache is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """What a child's build has to know of a parent."""

    source: str | None
    """BuildKit's source for exactly this image; `None` where nothing is known to be published."""
    fingerprint: str
    base: Pin | None
    pins: tuple[Pin, ...] = ()
    """Every external image below it."""


def build_request(
    step: Step,
    assignment: Assignment,
    pinned: tuple[PinnedExternal, ...],
    parents: Mapping[str, Parent],
) -> BuildRequest:
    """The request for one image's build."""
    image, revision = step.image, assignment.revision
    return BuildRequest(
        image=image,
        revision=revision,
        parents=_pinned_parents(image, parents),
        externals=tuple(
            dict.fromkeys((one.external.written, one.digest) for one in pinned if one.digest)
        ),
        labels=labels.compose(
            image,
            source=assignment.source,
            revision=revision.commit,
            version=assignment.plan.current,
            created=revision.created,
            externals=all_pins(pinned, parents),
            base=nearest_base(image, pinned, parents),
            parents=tuple((name, parent.fingerprint) for name, parent in parents.items()),
            force=assignment.plan.force if step.reason.kind in _UNCACHED else None,
        ),
        no_cache=step.reason.kind in _UNCACHED,
        source_date_epoch=int(revision.created.timestamp()),
    )


def all_pins(pinned: tuple[PinnedExternal, ...], parents: Mapping[str, Parent]) -> tuple[Pin, ...]:
    """Every external image that an image stands on: its own, and those below its parents."""
    own = ((_plain(one.external.reference), one.digest) for one in pinned if one.digest)
    below = (pin for parent in parents.values() for pin in parent.pins)
    return tuple(sorted({**dict(below), **dict(own)}.items()))


def nearest_base(
    image: Image, pinned: tuple[PinnedExternal, ...], parents: Mapping[str, Parent]
) -> Pin | None:
    """The external image at the bottom: the image's own, else that of its first parent."""
    own = image.base
    if own is None and not image.parents and pinned:
        own = pinned[0].external.reference
    if own is None:
        above = (parents[name].base for name in image.parent_names if name in parents)
        return next((base for base in above if base), None)
    digest = next((one.digest for one in pinned if one.external.reference == own), None)
    return _plain(own), digest or ""


def _pinned_parents(image: Image, parents: Mapping[str, Parent]) -> tuple[PinnedParent, ...]:
    pins = (
        PinnedParent(written=link.written, source=parents[link.image].source or "")
        for link in image.parents
        if link.image in parents
    )
    return tuple(dict.fromkeys(pin for pin in pins if pin.source))


def _plain(reference: ImageReference) -> str:
    return str(replace(reference, digest=None))
