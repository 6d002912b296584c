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
from tfimages_action.core import names
from tfimages_action.core.catalog import Image, Kind
from tfimages_action.core.run import Flist
from tfimages_action.core.work import Log, Published
from tfimages_action.errors import FlistError, StageError


class Auditor:
    """Holds stable names against the images that the registry has."""

    def __init__(self, hub: Hub, prover: Prover, layout: Layout, timing: Timing) -> None:
        self._hub = hub
        self._prover = prover
        self._layout = layout
        self._timing = timing

    def audit(
        self, image: Image, digest: str, *, log: Log, stop: threading.Event
    ) -> tuple[str, ...]:
        """What is wrong with the stable name of `image`, published as `digest`; empty: nothing.

        A full VM's archive is not kept anywhere, so its flist is read whole, and its link
        checked. Raises only when the Hub or the engine could not be asked.
        """
        with self._hub.heeding(stop):
            try:
                return tuple(self._findings(image, digest, log=log, stop=stop))
            except (FlistError, StageError) as error:
                return (error.message,)

    def _findings(
        self, image: Image, digest: str, *, log: Log, stop: threading.Event
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
        if image.kind is Kind.VM:
            fetch(self._hub, self._hub.user, image.flist, self._timing, stop)
            return
        flist = Flist(name=image.flist, address=self._hub.address(self._hub.user, image.flist))
        source = Published(digest=digest, references=(names.content_reference(image, digest),))
        verdict = self._prover.prove(flist, source, log=log, stop=stop)
        yield from verdict.faults.splitlines()
