"""Gathers a release under one tag of the Hub: the flists behind the stable names, as of now."""

from __future__ import annotations

from collections.abc import Sequence

from tfimages_action.adapters.hub import refusals
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.core.run.work import Log
from tfimages_action.errors import StageError


def gather(hub: Hub, version: str, stable: Sequence[str], *, log: Log) -> tuple[str, ...]:
    """Put what each stable name serves under the tag `version`; returns the names that did.

    The content's flist is tagged, not the stable name: the tag must not follow later releases.
    Names that the Hub doesn't have are left out, and said. Raises `StageError`.
    """
    gathered = []
    for name in stable:
        there = hub.mine(name)
        if there is None or there.md5 is None:
            log(f"{name} serves nothing, so {version} is without it")
            continue
        real = (hub.user, name)
        if there.target is not None:
            real = refusals.resolve(hub.user, there.target)
        hub.tag(version, name, *real)
        gathered.append(name)
    if stable and not gathered:
        raise StageError(f"no flist of {version} is on the Hub, so there is nothing to tag")
    return tuple(gathered)
