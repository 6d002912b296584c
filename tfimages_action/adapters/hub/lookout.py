"""Watches a name on the Hub until what stands under it has stopped changing.

For a fifth of a second a replaced flist is absent, then cut; a conversion that lost its client
goes on for minutes. Only the Hub's clock counts: ours may be wrong.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from tfimages_action.adapters.hub.answers import EntryType, Light
from tfimages_action.adapters.hub.choices import Timing
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.adapters.hub.errors import (
    HubStoppedError,
    HubUnknownError,
    HubUnreachableError,
)

_GROWING: Final = ".uncompressed"


class Lookout:
    """Reads one user's names, patiently."""

    def __init__(self, hub: Hub, timing: Timing) -> None:
        self._hub = hub
        self._timing = timing

    def settled(
        self,
        name: str,
        *,
        within_s: float,
        stop: threading.Event,
        before: Light | None = None,
    ) -> Light | None:
        """What `name` is once two looks agree; `None` when nothing (new) came in time.

        `before`: what it was; the same again is nothing new. Raises `HubStoppedError`, and
        `HubUnreachableError` when the Hub could not be asked to the end.
        """
        deadline = time.monotonic() + within_s
        last: Light | None = None
        while True:
            trouble: HubUnreachableError | HubUnknownError | None = None
            try:
                now = self._hub.mine(name)
                now = now if now is not None and _is_new(now, before) else None
                if now is not None and _same(now, last) and not self._growing(name):
                    return now
                last = now
            except (HubUnreachableError, HubUnknownError) as error:
                trouble = error
            if time.monotonic() >= deadline and last is None:
                if trouble is not None:
                    raise trouble
                return None
            if stop.wait(self._timing.poll_s):
                raise HubStoppedError(f"stopped while waiting for {name} on the Hub")

    def _growing(self, name: str) -> bool:
        listing = self._hub.listing(self._hub.user) or ()
        return any(entry.name == name + _GROWING for entry in listing)


def _same(now: Light, last: Light | None) -> bool:
    return last is not None and (now.md5, now.size) == (last.md5, last.size)


def _is_new(now: Light, before: Light | None) -> bool:
    if now.md5 is None or now.type is not EntryType.REGULAR:
        return False
    if before is None or now.md5 != before.md5:
        return True
    # Made twice within one second, the same content is the same file to the byte.
    return before.hub_time is not None and now.updated >= before.hub_time
