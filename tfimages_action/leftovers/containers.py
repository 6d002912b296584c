"""Containers whose run is dead (killed, powered off) are removed by the next run."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from docker import APIClient
from docker.errors import APIError, NotFound

from tfimages_action.leftovers.owner import LABEL_OWNER, PROC, is_dead

# Docker binds /etc/hostname and its like into each container from .../containers/<id>/.
_OWN_ID: Final = re.compile(r"/containers/([0-9a-f]{64})/")
_MOUNTS: Final = Path("/proc/self/mountinfo")


def own_container(api: APIClient, mountinfo: Path = _MOUNTS) -> dict[str, Any] | None:
    """The engine's description of the container that we are in; `None` where it knows of none."""
    try:
        found = _OWN_ID.search(mountinfo.read_text())
        described: dict[str, Any] | None = found and api.inspect_container(found[1])
    except (OSError, APIError):
        return None  # or a container of another engine
    return described


def sweep(api: APIClient, proc: Path = PROC) -> int:
    """Remove what dead runs left behind; returns how many containers that were."""
    removed = 0
    for container in api.containers(all=True, filters={"label": LABEL_OWNER}):
        if is_dead(container["Labels"], lambda other: _runs(api, other), proc):
            with suppress(NotFound, APIError):
                api.remove_container(container["Id"], v=True, force=True)
                removed += 1
    return removed


def _runs(api: APIClient, container_id: str) -> bool:
    try:
        return bool(api.inspect_container(container_id)["State"]["Running"])
    except NotFound:
        return False
