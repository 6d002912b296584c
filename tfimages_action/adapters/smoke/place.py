"""How a checked container is reached: on a published port of 127.0.0.1, or on our own network.

In a job we are a container beside it, and 127.0.0.1 is ours alone: there the checked container
joins the Docker network that the runner put us on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import docker

from tfimages_action.leftovers.containers import own_container

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
    own = own_container(client.api, mountinfo)
    if own is None:
        return Place()
    networks = sorted(own["NetworkSettings"]["Networks"])
    joinable = [name for name in networks if name not in _NO_ADDRESS]
    return Place(container_id=own["Id"], network=joinable[0] if joinable else None)
