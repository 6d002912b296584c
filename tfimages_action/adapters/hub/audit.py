"""Reads again what was published: whether each stable address still serves just its image.

On the Hub any user can overwrite another's flist through a link, so what was proved once is
looked at again, on a schedule.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from tfimages_action.adapters.hub import refusals
from tfimages_action.adapters.hub.choices import Layout, Timing
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.adapters.hub.proof import Prover, fetch
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.published import names
from tfimages_action.core.published.flist_record import FlistRecord
from tfimages_action.core.run.report import Flist
from tfimages_action.core.run.work import Log, Published
from tfimages_action.errors import FlistError, StageError
from tfimages_action.flist.merkle import merkle_root


class Auditor:
    """Holds stable names against the images that the registry has."""

    def __init__(self, hub: Hub, prover: Prover, layout: Layout, timing: Timing) -> None:
        self._hub = hub
        self._prover = prover
        self._layout = layout
        self._timing = timing

    def audit(
        self,
        image: Image,
        digest: str,
        recorded: FlistRecord | None,
        *,
        log: Log,
        stop: threading.Event,
    ) -> tuple[str, ...]:
        """What is wrong with the stable name of `image`, published as `digest`; empty: nothing.

        `recorded`: what the publishing run wrote down of the flist of `digest`, if it did. A full
        VM's archive is not kept anywhere, so its flist is held against that alone. Raises only
        when the Hub or the engine could not be asked.
        """
        with self._hub.heeding(stop):
            try:
                return tuple(self._findings(image, digest, recorded, log=log, stop=stop))
            except (FlistError, StageError) as error:
                return (error.message,)

    def _findings(
        self,
        image: Image,
        digest: str,
        recorded: FlistRecord | None,
        *,
        log: Log,
        stop: threading.Event,
    ) -> Iterator[str]:
        there = self._hub.mine(image.flist)
        if there is None or there.md5 is None:
            yield f"{image.flist} serves nothing"
            return
        content = names.content_flist(image, digest)
        if self._layout is Layout.LINKS:
            leads = there.target and refusals.resolve(self._hub.user, there.target)
            if leads != (self._hub.user, content):
                yield f"{image.flist} leads to {there.target or 'no other flist'}, not to {content}"
        if recorded is None:
            log(f"{image.flist}: no root was recorded for it, so there is none to compare")
        if image.kind is Kind.VM:
            file, _ = fetch(self._hub, self._hub.user, image.flist, self._timing, stop)
            yield from _not_as_recorded(image, merkle_root(file.entries), recorded)
            return
        flist = Flist(name=image.flist, address=self._hub.address(self._hub.user, image.flist))
        source = Published(digest=digest, references=(names.content_reference(image, digest),))
        verdict = self._prover.prove(flist, source, log=log, stop=stop)
        yield from verdict.faults.splitlines()
        if verdict.flist.merkle_root:
            yield from _not_as_recorded(image, verdict.flist.merkle_root, recorded)


def _not_as_recorded(image: Image, root: str, recorded: FlistRecord | None) -> Iterator[str]:
    if recorded is None:
        return
    if root != recorded.root:
        yield f"{image.flist} has the root {root}, and {recorded.root} was recorded"
