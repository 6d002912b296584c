"""What a release changes for those who use the stable name: told in the report, decides nothing."""

from __future__ import annotations

import threading

from tfimages_action.adapters.hub.choices import Timing
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.adapters.hub.errors import HubStoppedError
from tfimages_action.adapters.hub.proof import fetch
from tfimages_action.core.run.work import Log
from tfimages_action.errors import HubError, StageError
from tfimages_action.flist.difference import difference
from tfimages_action.flist.reader import FlistFile


def heaviest_changes(
    hub: Hub,
    stable: str,
    now: tuple[FlistFile, str],
    timing: Timing,
    *,
    log: Log,
    stop: threading.Event,
) -> tuple[str, ...]:
    """Hold `now`, an flist and its md5, against what the stable name still serves."""
    file, md5 = now
    try:
        there = hub.mine(stable)
        if there is None or there.md5 in {None, md5}:
            return ()
        before, _ = fetch(hub, hub.user, stable, timing, stop)
    except HubStoppedError:
        raise
    except (HubError, StageError) as error:
        log(f"what changes is not known: {error.message}")
        return ()
    return difference(before.entries, file.entries).largest()
