"""Images to proved flists: the pipeline's `Converter` on a Hub that can't be believed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from tfimages_action.adapters.hub.answers import Statistics, Uploaded
from tfimages_action.adapters.hub.audit import Auditor
from tfimages_action.adapters.hub.bootable import check_bootable
from tfimages_action.adapters.hub.changes import heaviest_changes
from tfimages_action.adapters.hub.choices import Choices, ConvertBy
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.adapters.hub.conversion import Conversions
from tfimages_action.adapters.hub.packing import packed, room_warning
from tfimages_action.adapters.hub.ports import AnonymousProbe, ImageSource
from tfimages_action.adapters.hub.progress import lines
from tfimages_action.adapters.hub.proof import Prover, Verdict
from tfimages_action.adapters.hub.sources import Sources
from tfimages_action.adapters.hub.switch import Switch
from tfimages_action.adapters.hub.visibility import check_public
from tfimages_action.core import flist_name
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.published import names
from tfimages_action.core.published.flist_record import FlistRecord
from tfimages_action.core.run.report import Flist
from tfimages_action.core.run.work import BuiltArchive, FlistSource, Log, Published
from tfimages_action.errors import StageError
from tfimages_action.flist.startup import StartConfig, startup_toml

_ENOUGH_TRIES = 2


class HubConverter:
    """Converts, proves and switches the flists of one Hub user. Thread-safe."""

    def __init__(
        self, hub: Hub, images: ImageSource, probe: AnonymousProbe, choices: Choices
    ) -> None:
        self._hub = hub
        self._images = images
        self._probe = probe
        self.choices = choices
        self._sources = Sources(images)
        self._conversions = Conversions(hub, choices.timing)
        self._prover = Prover(hub, self._sources, choices.verify, choices.timing)
        self._switch = Switch(hub, choices.layout, choices.timing)

    def convert(
        self, image: Image, source: FlistSource, *, log: Log, stop: threading.Event
    ) -> Flist:
        """Have the content's flist made, unless it is there; what it is worth `verify` finds."""
        name = flist_name.check(names.content_flist(image, source.digest))

        def request() -> Statistics | Uploaded:
            return self._request(image, source, name, log=log, stop=stop)

        with self._hub.heeding(stop):
            made = self._conversions.make(name, request, log=log, stop=stop)
        address = self._hub.address(self._hub.user, name)
        return Flist(name=name, address=address, md5=made.md5 or "")

    def verify(
        self, image: Image, source: FlistSource, flist: Flist, *, log: Log, stop: threading.Event
    ) -> Flist:
        """Hold the flist against its image. Raises `StageError`, and condemns it, if it differs."""
        with self._hub.heeding(stop):
            verdict = self._prover.prove(flist, source, log=log, stop=stop)
        for warning in verdict.warnings:
            log(f"warning: {warning}")
        if not verdict.faults:
            self._sources.let_go(source)
            return replace(
                verdict.flist,
                warnings=verdict.warnings,
                changes=self._changes(image, verdict, log=log, stop=stop),
            )
        tries = self._conversions.condemn(flist.name, verdict.flist.md5)
        raise StageError(
            f"{flist.name} is not {image.name}:\n{verdict.faults}",
            hint="the names that people use still serve the flist before this one",
            transient=tries < _ENOUGH_TRIES,
        )

    def _changes(
        self, image: Image, verdict: Verdict, *, log: Log, stop: threading.Event
    ) -> tuple[str, ...]:
        if verdict.file is None:
            return ()
        now = (verdict.file, verdict.flist.md5)
        with self._hub.heeding(stop):
            return heaviest_changes(
                self._hub, image.flist, now, self.choices.timing, log=log, stop=stop
            )

    def switch(
        self,
        image: Image,
        flist: Flist,
        names: Sequence[str],
        *,
        log: Log,
        stop: threading.Event,
    ) -> Flist:
        """Let the names serve the flist: links, or with `flist-layout: replace` copies."""
        with self._hub.heeding(stop):
            switched = self._switch.to(flist, names, log=log, stop=stop)
        address = switched.address or self._hub.address(self._hub.user, flist.name)
        stable = self._hub.address(self._hub.user, image.flist) if image.flist in names else None
        return replace(switched, address=address, stable_address=stable)

    def audit(
        self,
        image: Image,
        digest: str,
        recorded: FlistRecord | None,
        *,
        log: Log,
        stop: threading.Event,
    ) -> tuple[str, ...]:
        """What is wrong with the image's stable address; empty: it serves what was published."""
        auditor = Auditor(self._hub, self._prover, self.choices.layout, self.choices.timing)
        return auditor.audit(image, digest, recorded, log=log, stop=stop)

    def _request(
        self, image: Image, source: FlistSource, name: str, *, log: Log, stop: threading.Event
    ) -> Statistics | Uploaded:
        match source:
            case BuiltArchive():
                check_bootable(source.path)
                with source.path.open("rb") as archive:
                    metadata = self._record(image, source)
                    return self._hub.upload(
                        archive, name, metadata=metadata, progress=lines(log), stop=stop
                    )
            case Published():
                return self._convert_image(image, source, name, log=log, stop=stop)
            case _:
                assert_never(source)

    def _convert_image(
        self, image: Image, source: Published, name: str, *, log: Log, stop: threading.Event
    ) -> Statistics | Uploaded:
        match self.choices.convert_by:
            case ConvertBy.PULL:
                content = names.content_reference(image, source.digest)
                check_public(content, self._probe)
                written = f"{content.name}:{content.tag}"
                log(f"the Hub converts {written} to {name}")
                return self._hub.convert(written, stop=stop)
            case ConvertBy.UPLOAD:
                if warning := room_warning(source.size_bytes):
                    log(f"warning: {warning}")
                config = self._sources.config(source, log=log, stop=stop) or StartConfig()
                with (
                    self._images.export(source, log=log, stop=stop) as export,
                    packed(export, startup_toml(config)) as archive,
                ):
                    metadata = self._record(image, source)
                    return self._hub.upload(
                        archive, name, metadata=metadata, progress=lines(log), stop=stop
                    )

    def _record(self, image: Image, source: FlistSource) -> dict[str, str]:
        record = {
            "fingerprint": image.fingerprint,
            "digest": source.digest,
            "revision": self.choices.revision,
            "version": self.choices.version,
        }
        return {key: value for key, value in record.items() if value}
