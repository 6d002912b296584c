"""What each stage of one image does, and in which order its effects become visible.

A run may be killed between any two effects and started again, because of these invariants:

1. An image is pushed only after its checks passed; so whatever bears `fp-<fingerprint12>` was
   built from just that fingerprint and passed, and may be promoted instead of built again.
2. Content names (tag and flist) are made of the digest: giving one again gives it the same bytes.
3. Names promise in one direction: content, then the release's (or branch's), then the record of
   the flist's root, then the links of the flists, and the moving tag last. Whatever a name
   promises was there before the name.
4. So the moving tag is the commit point: it bears the wanted fingerprint only when everything
   else of the image is done. Until then planning finds the image unfinished: promoted by its
   `fp-` name where the push had happened, built where it had not.
   A refresh's commit point is its own name, `refresh`, likewise given last.
5. Every effect may be repeated: pushing what is there, naming what is named, converting what is
   converted (a flist found under the content's name is verified, not trusted) and linking what is
   linked change nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from tfimages_action.core import flist_name
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.plan.model import Action, Step
from tfimages_action.core.plan.refresh import occasion_for
from tfimages_action.core.published import names
from tfimages_action.core.published.labels import Pin
from tfimages_action.core.published.names import Refresh
from tfimages_action.core.reference import LATEST, ImageReference
from tfimages_action.core.run.report import Flist, Stage
from tfimages_action.core.run.work import (
    Built,
    BuiltArchive,
    BuiltImage,
    CheckResult,
    FlistSource,
    Published,
)
from tfimages_action.core.tags import parse_version_tag
from tfimages_action.errors import StageError
from tfimages_action.pipeline.bases import PinnedBases, Saying
from tfimages_action.pipeline.comparing import made_nothing_new, size_change
from tfimages_action.pipeline.moving import (
    Standing,
    bears_another_build,
    published_meanwhile,
    standing,
)
from tfimages_action.pipeline.options import Assignment, Options, Services
from tfimages_action.pipeline.request import Parent, all_pins, build_request, nearest_base
from tfimages_action.pipeline.uploads import FirstUploads

T = TypeVar("T")
_NOTHING_NEW: Final = "built on the new base, nothing differs: what is published stays"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the images of one run share."""

    assignment: Assignment
    services: Services
    options: Options
    bases: PinnedBases
    moving_tags: Mapping[str, frozenset[str]]
    """By repository: the moving tags of all its images."""
    uploads: FirstUploads
    switching: threading.Lock
    """The Hub links in a working directory of its whole process: one image at a time."""
    observe_conversion: Callable[[Callable[[], Flist], int], Flist]
    """Runs a conversion of so many bytes, and learns how the Hub feels."""


class ImageWork:
    """One image on its way through its stages. Its stages run one after another."""

    def __init__(self, step: Step, shared: Shared, others: Mapping[str, ImageWork]) -> None:
        self.step = step
        self.built: Built | None = None
        self.published: Published | None = None
        self.flist: Flist | None = None
        self.checks: tuple[CheckResult, ...] = ()
        self.references: tuple[ImageReference, ...] = ()
        self.notes: tuple[str, ...] = ()
        self.size_delta_bytes: int | None = None
        self.is_unchanged = False
        """Built anew, with nothing new in it: what is published stays."""
        self.base: Pin | None = step.record.base if step.record else None
        self._pins: tuple[Pin, ...] = step.record.externals if step.record else ()
        self._shared = shared
        self._others = others
        self._image = step.image
        self._occasion = occasion_for(step, shared.assignment.occasion)

    def do(self, stage: Stage, saying: Saying) -> None:
        """One stage, from its beginning; it may be called again when a try failed."""
        if self.is_unchanged:
            self._confirm(stage, saying)
            return
        match stage:
            case Stage.BUILD:
                self._build(saying)
            case Stage.CHECK:
                self._check(saying)
            case Stage.PUSH:
                self._push(saying)
            case Stage.CONVERT:
                self._convert(saying)
            case Stage.VERIFY:
                self._verify(saying)
            case Stage.SWITCH:
                self._switch(saying)

    @property
    def digest(self) -> str | None:
        """What is published, as far as this run knows."""
        if self.published:
            return self.published.digest
        if isinstance(self.built, BuiltArchive):
            return self.built.digest
        if self.step.record and (self.step.action is not Action.BUILD or self.is_unchanged):
            return self.step.record.digest
        return None

    @property
    def size_bytes(self) -> int | None:
        if self.published and self.published.size_bytes:
            return self.published.size_bytes
        return self.built.size_bytes if self.built else None

    @property
    def warnings(self) -> tuple[str, ...]:
        return (*(self.flist.warnings if self.flist else ()), *self.notes)

    # -- build and check -------------------------------------------------------------------------

    def _build(self, saying: Saying) -> None:
        parents = {
            name: self._others[name].as_parent()
            for name in self._image.parent_names
            if name in self._others
        }
        pinned = self._shared.bases.pin(self._image, saying)
        self.base = nearest_base(self._image, pinned, parents)
        self._pins = all_pins(pinned, parents)
        request = build_request(self.step, self._shared.assignment, pinned, parents)
        self.built = self._shared.services.builder.build(request, log=saying.log, stop=saying.stop)

    def as_parent(self) -> Parent:
        """Exactly this image for its children: of this run, else as published."""
        source = None
        if isinstance(self.built, BuiltImage) and not self.is_unchanged:
            source = self.built.source or f"docker-image://{self.built.local}"
        elif self.step.record is not None:
            pinned = self._image.reference.with_digest(self.step.record.digest)
            source = f"docker-image://{pinned}"
        elif self._shared.options.push and self._image.kind is Kind.CONTAINER:
            publisher = _needed(self._shared.services.publisher)
            source = f"docker-image://{published_meanwhile(publisher, self._image)}"
        return Parent(
            source=source,
            fingerprint=self._image.fingerprint,
            base=self.base,
            pins=self._pins,
        )

    def _check(self, saying: Saying) -> None:
        assert self.built is not None  # noqa: S101 - its build came first
        self.checks = tuple(
            self._shared.services.checker.check(self.built, log=saying.log, stop=saying.stop)
        )
        for result in self.checks:
            if not result.ok:
                raise StageError(
                    f"check {result.name}: {result.detail or 'failed'}",
                    hint=f"{self._image.name} was built but does not do what its checks ask; "
                    "nothing of it was published",
                )
        self.is_unchanged = made_nothing_new(
            self._shared.services.comparer, self.step, self._occasion, self.built, saying
        )
        if self.is_unchanged:
            self.notes = (_NOTHING_NEW,)
            saying.log(_NOTHING_NEW)

    def _confirm(self, stage: Stage, saying: Saying) -> None:
        """Say on what is published that it is current; that is all there is to do."""
        if stage is not Stage.PUSH or not isinstance(self._occasion, Refresh):
            return
        name = self._occasion.confirmations.get(self._image.name)
        if name is not None:
            publisher = _needed(self._shared.services.publisher)
            source = self._image.reference.with_digest(self._recorded())
            publisher.give_names(source, [name], log=saying.log)
            self.references = (name,)

    # -- names and flists ------------------------------------------------------------------------

    def _push(self, saying: Saying) -> None:
        publisher = _needed(self._shared.services.publisher)
        if self.built is None:
            first = self._image.reference.with_digest(self._recorded())
            size = 0
            kept: tuple[ImageReference, ...] = ()
        else:
            assert isinstance(self.built, BuiltImage)  # noqa: S101 - an archive has no push stage
            name = names.pushed_as(self._image, self._occasion)
            with self._shared.uploads.turn(self.base, saying.stop):
                pushed = publisher.push(self.built, name, log=saying.log, stop=saying.stop)
            first, size = name.with_digest(pushed.digest), pushed.size_bytes
            kept = () if isinstance(self._occasion, Refresh) else (name,)
        digest = first.digest or ""
        own = names.own_references(self._image, self._occasion, digest)
        named = publisher.give_names(first, [_tag_only(name) for name in own], log=saying.log)
        self.references = tuple(dict.fromkeys([*(_tag_only(name) for name in own), *kept]))
        self.published = Published(
            digest=digest,
            references=tuple(dict.fromkeys([*own, *kept])),
            size_bytes=size or named.size_bytes,
        )
        if self.built is not None:
            self.size_delta_bytes = size_change(publisher, self.step, self.published, saying.log)

    def _convert(self, saying: Saying) -> None:
        source, converter = self._flist_source(), _needed(self._shared.services.converter)
        self.flist = self._shared.observe_conversion(
            lambda: converter.convert(self._image, source, log=saying.log, stop=saying.stop),
            source.size_bytes,
        )

    def _verify(self, saying: Saying) -> None:
        if self.flist is None:  # a try before this one condemned it
            self._convert(saying)
        flist, self.flist = _needed(self.flist), None
        source, converter = self._flist_source(), _needed(self._shared.services.converter)
        self.flist = converter.verify(self._image, source, flist, log=saying.log, stop=saying.stop)

    def _flist_source(self) -> FlistSource:
        if self.published:
            return self.published
        match self.built:
            case BuiltArchive():
                return self.built
            case BuiltImage():
                local = ImageReference.parse(self.built.local)
                return Published(
                    digest=self.built.image_id,
                    references=(local,),
                    size_bytes=self.built.size_bytes,
                )
            case None:
                digest = self._recorded()
                pinned = self._image.reference.with_digest(digest)
                return Published(digest=digest, references=(pinned,))

    # -- the names that people use ---------------------------------------------------------------

    def _switch(self, saying: Saying) -> None:
        if self.step.action is Action.SKIP:
            self._name_release(saying)
            return
        move = self._move()
        if not move.forward:
            saying.log(move.reason)
            self.notes = (move.reason,)
        if self._shared.options.convert:
            self._switch_flist(move, saying)
        if self.published:
            self._switch_tags(move, self.published.digest, saying)

    def _switch_tags(self, move: names.Move, digest: str, saying: Saying) -> None:
        moving = [self._image.reference] if move.forward else []
        if isinstance(self._occasion, Refresh):
            moving.append(names.refresh_reference(self._image))
        if moving:
            publisher = _needed(self._shared.services.publisher)
            source = self._image.reference.with_digest(digest)
            publisher.give_names(source, moving, log=saying.log)
            self.references = (*self.references, *moving)

    def _switch_flist(self, move: names.Move, saying: Saying) -> None:
        converter = _needed(self._shared.services.converter)
        flist = self.flist
        if flist is None:  # a VM whose links alone are to be put right
            name = names.content_flist(self._image, self._recorded())
            flist = Flist(name=flist_name.check(name), address="")
        flist = self._record(flist, saying)
        links = names.flist_links(self._image, self._occasion, move)
        with self._shared.switching:
            self.flist = converter.switch(
                self._image, flist, links, log=saying.log, stop=saying.stop
            )

    def _record(self, flist: Flist, saying: Saying) -> Flist:
        """Write the root down before any name leads to the flist; what was not proved has none."""
        recorder = self._shared.services.recorder
        if recorder is None or not (flist.verified and flist.merkle_root and self.digest):
            return flist
        return recorder.record(self._image, self.digest, flist, log=saying.log)

    def _name_release(self, saying: Saying) -> None:
        publisher = _needed(self._shared.services.publisher)
        digest = self._recorded()
        name = names.occasion_reference(self._image, self._occasion)
        self.references = () if self.step.rolled_back else (self._image.reference,)
        if bears_another_build(publisher, self._image, name, digest):
            saying.log(f"{name} stays: the release was published as another build of the same")
            return
        publisher.give_names(self._image.reference.with_digest(digest), [name], log=saying.log)
        self.references = (*self.references, name)

    def _move(self) -> names.Move:
        tag = self._image.reference.tag or LATEST
        without = names.move_of(self._occasion, None, tag)
        if not without.forward:
            return without
        now = self._standing()
        return names.move_of(self._occasion, now.published, tag, rolled_back=now.rolled_back)

    def _standing(self) -> Standing:
        publisher, record = self._shared.services.publisher, self.step.record
        if self._image.kind is Kind.VM or not self._shared.options.push or publisher is None:
            version = parse_version_tag(record.version) if record and record.version else None
            return Standing(published=version, rolled_back=parse_version_tag(self.step.rolled_back))
        moving = self._shared.moving_tags[self._image.reference.name]
        return standing(publisher, self._image, self._occasion, moving, record)

    def _recorded(self) -> str:
        if self.step.record is None:
            raise StageError(f"{self._image.name}: nothing is known to be published")
        return self.step.record.digest


def _needed(value: T | None) -> T:
    assert value is not None  # noqa: S101 - the graph gives only stages that have their parts
    return value


def _tag_only(reference: ImageReference) -> ImageReference:
    return replace(reference, digest=None)
