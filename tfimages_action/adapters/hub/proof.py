"""Holds a published flist against the image it was made from."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass, replace
from typing import Final, assert_never

from tfimages_action.adapters.hub.answers import Dump
from tfimages_action.adapters.hub.choices import Timing, Verify
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.adapters.hub.errors import (
    HubNotFoundError,
    HubStoppedError,
    HubUnknownError,
)
from tfimages_action.adapters.hub.reading import Downloaded, HubReader
from tfimages_action.adapters.hub.sources import Sources
from tfimages_action.core.run.report import Flist
from tfimages_action.core.run.work import FlistSource, Log
from tfimages_action.errors import FlistError, StageError
from tfimages_action.flist.compare import compare, compare_counts
from tfimages_action.flist.merkle import merkle_root
from tfimages_action.flist.reader import Counts, FlistFile, read_flist

_DOWNLOADS: Final = 5
_IN_MEMORY: Final = 8 * 1024 * 1024
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the proof found: `flist` filled in; `faults`, a line each, is empty if it is good."""

    flist: Flist
    faults: str = ""
    warnings: tuple[str, ...] = ()
    file: FlistFile | None = None
    """What was read, where all of it was."""


class Prover:
    """Proves flists of one user."""

    def __init__(self, hub: Hub, sources: Sources, verify: Verify, timing: Timing) -> None:
        self._hub = hub
        self._sources = sources
        self._verify = verify
        self._timing = timing

    def prove(
        self, flist: Flist, source: FlistSource, *, log: Log, stop: threading.Event
    ) -> Verdict:
        """Compare as far as `verify` asks. Raises only when nothing could be found out."""
        match self._verify:
            case Verify.FULL:
                return self._fully(flist, source, log=log, stop=stop)
            case Verify.COUNTS:
                return self._by_counts(flist, source, log=log, stop=stop)
            case Verify.NONE:
                return self._not_empty(flist)
            case _:
                assert_never(self._verify)

    def _fully(
        self, flist: Flist, source: FlistSource, *, log: Log, stop: threading.Event
    ) -> Verdict:
        tree = self._sources.tree(source, log=log, stop=stop)
        config = self._sources.config(source, log=log, stop=stop)
        try:
            file, came = fetch(self._hub, self._hub.user, flist.name, self._timing, stop)
        except FlistError as damaged:
            return Verdict(flist=flist, faults=damaged.message)
        verdict = compare(tree, file, config)
        found = replace(
            flist,
            md5=came.md5,
            sha256=came.sha256,
            entries=len(file.entries),
            merkle_root=merkle_root(file.entries),
            verified=verdict.equal,
        )
        return Verdict(
            flist=found, faults=verdict.describe(_SHOWN), warnings=verdict.warnings, file=file
        )

    def _by_counts(
        self, flist: Flist, source: FlistSource, *, log: Log, stop: threading.Event
    ) -> Verdict:
        tree = self._sources.tree(source, log=log, stop=stop)
        config = self._sources.config(source, log=log, stop=stop)
        dump = self._hub.dump(self._hub.user, flist.name)
        if dump is None:
            return Verdict(flist=flist, faults="the Hub can't read it")
        verdict = compare_counts(tree, _counts(dump), config)
        found = replace(flist, entries=len(dump.entries))
        return Verdict(flist=found, faults=verdict.describe(_SHOWN), warnings=verdict.warnings)

    def _not_empty(self, flist: Flist) -> Verdict:
        dump = self._hub.dump(self._hub.user, flist.name)
        if dump is None or not dump.statistics.credible:
            return Verdict(flist=flist, faults="it is empty, or the Hub can't read it")
        return Verdict(flist=replace(flist, entries=len(dump.entries)))


def fetch(
    hub: HubReader, user: str, name: str, timing: Timing, stop: threading.Event
) -> tuple[FlistFile, Downloaded]:
    """Download an flist whole and read it; returns it with its digests.

    What comes is believed only if its md5 is the one the Hub has for it, both before and after:
    amid a replacement they differ. Raises `FlistError` for a file that is damaged and stays so.
    """
    absent = False
    for _ in range(_DOWNLOADS):
        before = hub.light(user, name)
        if absent and before is None:
            raise StageError(f"{user}/{name} is not on the Hub")
        absent = before is None
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            try:
                came = hub.download(user, name, file)
            except (HubNotFoundError, HubUnknownError):
                came = None
            if came and before and came.md5 == before.md5:
                file.seek(0)
                return read_flist(file), came
        if stop.wait(timing.poll_s):
            raise HubStoppedError(f"stopped while downloading {name}")
    raise HubUnknownError(f"{user}/{name} can't be downloaded whole: it changes all the time")


def _counts(dump: Dump) -> Counts:
    numbers = dump.statistics
    return Counts(
        files=numbers.regular,
        links=numbers.symlink,
        directories=numbers.directory,
        specials=numbers.special,
        bytes=numbers.fullsize,
    )
