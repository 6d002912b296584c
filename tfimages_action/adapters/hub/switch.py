"""Gives a proved flist the names that people use, with no moment in which one serves nothing.

The Hub's `link` takes an old link away before it makes the new one, and under load makes it in
another user's folder. Its `rename` is one `os.rename`, which replaces files and links alike. So:
a link (or copy) under a name of its own, read back, then renamed over the name, read back again.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tfimages_action.adapters.hub import refusals
from tfimages_action.adapters.hub.answers import EntryType, Light
from tfimages_action.adapters.hub.choices import Layout, Timing
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.adapters.hub.errors import (
    HubAnswerError,
    HubBrokenPromiseError,
    HubRefusedUsError,
    HubStoppedError,
    HubUnknownError,
)
from tfimages_action.core import flist_name
from tfimages_action.core.run.report import Flist
from tfimages_action.core.run.work import Log
from tfimages_action.errors import HubError, StageError

PREFIX: Final = "tf-images-switch-"
_TRIES: Final = 4


class Switch:
    """Moves names, one at a time."""

    def __init__(self, hub: Hub, layout: Layout, timing: Timing) -> None:
        self._hub = hub
        self._layout = layout
        self._timing = timing
        self._turn = threading.Lock()
        self._swept = False

    def to(self, flist: Flist, names: Sequence[str], *, log: Log, stop: threading.Event) -> Flist:
        """Let each name serve `flist`, in order. Raises `StageError` if one could not be moved."""
        with self._turn:
            there = self._hub.mine(flist.name)
            if there is None or there.md5 is None or (flist.md5 and there.md5 != flist.md5):
                raise StageError(
                    f"{flist.name} is not on the Hub any more as it was proved",
                    hint="someone else changed it; start the run again",
                )
            if not self._swept:
                self.sweep(there, log=log)
                self._swept = True
            for name in names:
                if name != flist.name:
                    self._move(name, there, log=log, stop=stop)
        return replace(flist, md5=there.md5)

    def sweep(self, now: Light, *, log: Log) -> None:
        """Remove what killed runs left half-way; what a run beside us is at is younger."""
        for entry in self._hub.listing(self._hub.user) or ():
            made = entry.linktime or entry.updated
            old = now.hub_time is not None and now.hub_time - made > self._timing.leftover_s
            if entry.name.startswith(PREFIX) and old:
                log(f"removing {entry.name}, left by a run that was killed")
                self._hub.delete(entry.name)

    def _move(self, name: str, flist: Light, *, log: Log, stop: threading.Event) -> None:
        flist_name.check(name)
        if self._serves(name, flist):
            log(f"{name} serves {flist.name} already")
            return
        failure: HubError | None = None
        for _ in range(_TRIES):
            try:
                self._move_once(name, flist)
            except HubRefusedUsError:
                raise
            except (HubUnknownError, HubAnswerError, HubBrokenPromiseError) as error:
                failure = error
                log(f"{error.message}; looking what {name} serves")
            if self._serves(name, flist):
                log(f"{name} -> {flist.name}")
                return
            if stop.wait(self._timing.poll_s):
                raise HubStoppedError(f"stopped before {name} was switched to {flist.name}")
        raise StageError(
            f"{name} could not be switched to {flist.name}: "
            f"{failure.message if failure else 'the Hub said yes and did not do it'}",
            hint=f"{name} serves what it served before; start the run again",
            transient=True,
        )

    def _move_once(self, name: str, flist: Light) -> None:
        beside = f"{PREFIX}{uuid.uuid4().hex}{flist_name.SUFFIX}"
        match self._layout:
            case Layout.LINKS:
                self._hub.link(flist.name, beside)
            case Layout.REPLACE:
                self._hub.promote(self._hub.user, flist.name, beside)
        self._hub.replace(beside, name)

    def _serves(self, name: str, flist: Light) -> bool:
        there = self._hub.mine(name)
        if there is None or there.md5 != flist.md5:
            return False
        match self._layout:
            case Layout.REPLACE:
                return there.type is EntryType.REGULAR
            case Layout.LINKS:
                wanted = (self._hub.user, flist.name)
                target = there.target
                return target is not None and (refusals.resolve(self._hub.user, target) == wanted)
