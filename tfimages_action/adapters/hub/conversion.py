"""Has the Hub make one flist, and finds out whether it did.

A 200 is not a success and a 500 is not a failure: the Hub's answer only says how long to look.
What counts is what stands under the content's name afterwards, and the proof comes later still.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from tfimages_action.adapters.hub.answers import EntryType, Light, Statistics, Uploaded
from tfimages_action.adapters.hub.choices import Timing
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.adapters.hub.errors import (
    HubAnswerError,
    HubRefusedUsError,
    HubUnknownError,
    HubUnreachableError,
)
from tfimages_action.adapters.hub.lookout import Lookout
from tfimages_action.core.run.work import Log
from tfimages_action.errors import StageError

Request = Callable[[], Statistics | Uploaded]
"""Asks the Hub for the flist; blocks until its answer."""
_ABSENT: Final = "the Hub said yes, but there is no such flist"


class Conversions:
    """Makes flists, never two at once for one name, and remembers which ones were condemned."""

    def __init__(self, hub: Hub, timing: Timing) -> None:
        self._hub = hub
        self._timing = timing
        self._lookout = Lookout(hub, timing)
        self._condemned: dict[str, set[str]] = {}
        self._turns: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def make(self, name: str, request: Request, *, log: Log, stop: threading.Event) -> Light:
        """What stands under `name` in the end: made by an earlier run, or by this `request`.

        Raises `StageError`: transient where the Hub may do better the next time.
        """
        with self._turn(name):
            before = self._hub.mine(name)
            _refuse_link(name, before)
            if before is not None and before.md5 is not None:
                there = self._lookout.settled(name, within_s=0, stop=stop)
                if there is not None and there.md5 not in self._condemned.get(name, ()):
                    log(f"{name} is on the Hub already; it is proved like a new one")
                    return there
                before = there or before
            return self._make_now(name, request, before, log=log, stop=stop)

    def condemn(self, name: str, md5: str) -> int:
        """Never take this file for the flist `name`; returns how many were condemned so far."""
        with self._lock:
            condemned = self._condemned.setdefault(name, set())
            condemned.add(md5)
            return len(condemned)

    def _make_now(
        self,
        name: str,
        request: Request,
        before: Light | None,
        *,
        log: Log,
        stop: threading.Event,
    ) -> Light:
        try:
            said = request()
        except HubUnreachableError:
            raise
        except HubUnknownError as unknown:
            log(f"{unknown.message}; watching what becomes of {name}")
            return self._after_silence(name, before, stop=stop)
        except HubRefusedUsError:
            raise
        except HubAnswerError as refusal:
            log(f"{refusal.message}; looking whether {name} was made all the same")
            return self._after_answer(name, before, refusal.message, stop=stop)
        made = self._after_answer(name, before, f"{name}: {_ABSENT}", stop=stop)
        self._judge(name, made, said)
        return made

    def _judge(self, name: str, made: Light, said: Statistics | Uploaded) -> None:
        if said.credible:
            return
        if made.md5:
            self.condemn(name, made.md5)
        raise StageError(
            f"the Hub made {name} empty or in part: its storage is out of reach, or the archive "
            "was cut on its way",
            hint="the names that people use were not touched; start the run again later",
            transient=True,
        )

    def _after_answer(
        self, name: str, before: Light | None, failure: str, *, stop: threading.Event
    ) -> Light:
        within = self._timing.answered_s
        there = self._lookout.settled(name, within_s=within, stop=stop, before=before)
        if there is None:
            raise StageError(failure, transient=True)
        return there

    def _after_silence(self, name: str, before: Light | None, *, stop: threading.Event) -> Light:
        within = self._timing.unanswered_s
        there = self._lookout.settled(name, within_s=within, stop=stop, before=before)
        if there is None:
            # Not transient: the Hub may still be at it, and a second one would meet the first.
            raise StageError(
                f"the Hub never answered, and {name} did not appear in {within:.0f} s",
                hint="start the run again later: it looks for the flist before it asks for one",
            )
        return there

    @contextmanager
    def _turn(self, name: str) -> Iterator[None]:
        with self._lock:
            turn = self._turns.setdefault(name, threading.Lock())
        with turn:
            yield


def _refuse_link(name: str, there: Light | None) -> None:
    if there is not None and there.type is not EntryType.REGULAR:
        raise StageError(
            f"{name} is a link to {there.target} on the Hub, where this image's flist belongs",
            hint=f"nothing of ours makes such a link; look, then `tfimages hub delete {name}`",
        )
