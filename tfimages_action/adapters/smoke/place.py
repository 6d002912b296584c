"""How a checked container is reached: on a published port of 127.0.0.1, or on our own network.

In a job we are a container beside it, and 127.0.0.1 is ours alone: there the checked container
joins the Docker network that the runner put us on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import docker
from docker.errors import APIError, NotFound

# Docker binds /etc/hostname and its like into each container from .../containers/<id>/.
_OWN_ID: Final = re.compile(r"/containers/([0-9a-f]{64})/")
_NO_ADDRESS: Final = frozenset({"host", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where this process runs. `network`: join it; `None`: publish ports on 127.0.0.1."""

    container_id: str | None = None
    network: str | None = None


def find_place(
    client: docker.DockerClient, mountinfo: Path = Path("/proc/self/mountinfo")
) -> Place:
    """Find out whether the engine knows us as one of its containers."""
    try:
        found = _OWN_ID.search(mountinfo.read_text())
    except OSError:
        return Place()
    if not found:
        return Place()
    try:
        own = client.containers.get(found[1])
    except (NotFound, APIError):
        return Place()  # a container of another engine
    networks = sorted(own.attrs["NetworkSettings"]["Networks"])
    joinable = [name for name in networks if name not in _NO_ADDRESS]
    return Place(container_id=found[1], network=joinable[0] if joinable else None)
