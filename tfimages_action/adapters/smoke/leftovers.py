"""Containers of checks whose run is dead (killed, powered off) are removed by the next run.

Each container says by labels who started it and when it is of no use any more. A process is known
by the machine's boot, its pid namespace (another one numbers differently), its pid and its start
time, so that no other is taken for it; a run in a container by that container's id.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import docker
from docker.errors import APIError, NotFound

from tfimages_action.core.record import VENDOR

LABEL_OWNER: Final = f"{VENDOR}.check.owner"
LABEL_EXPIRES: Final = f"{VENDOR}.check.expires"
_GRACE_S: Final = 600


def labels(owner: str, lifetime_s: float) -> dict[str, str]:
    """Return what to put on a container that is needed for at most `lifetime_s`."""
    return {LABEL_OWNER: owner, LABEL_EXPIRES: str(int(time.time() + lifetime_s + _GRACE_S))}


def this_owner(container_id: str | None, proc: Path = Path("/proc")) -> str:
    """Name this run: by the container it lives in, else by its process."""
    if container_id:
        return f"container:{container_id}"
    return f"process:{_home(proc)}:{os.getpid()}:{_start_time(proc, os.getpid())}"


def sweep(client: docker.DockerClient, proc: Path = Path("/proc")) -> int:
    """Remove what dead runs left behind; returns how many containers that were."""
    removed = 0
    for container in client.containers.list(all=True, filters={"label": LABEL_OWNER}):
        if is_dead(container.labels, client, proc):
            with suppress(NotFound, APIError):
                container.remove(v=True, force=True)
                removed += 1
    return removed


def is_dead(
    label: Mapping[str, str], client: docker.DockerClient, proc: Path = Path("/proc")
) -> bool:
    """Tell whether nobody waits for this container any more; in doubt its time must be up."""
    kind, _, rest = label.get(LABEL_OWNER, "").partition(":")
    if kind == "container":
        return not _container_runs(client, rest)
    home, _, process = rest.partition(":")
    if kind == "process" and home and home == _home(proc):
        pid, _, started = process.partition(":")
        return _start_time(proc, int(pid)) != started
    expires = label.get(LABEL_EXPIRES, "0")
    return not expires.isdigit() or int(expires) < time.time()


def _container_runs(client: docker.DockerClient, container_id: str) -> bool:
    try:
        return bool(client.containers.get(container_id).status == "running")
    except NotFound:
        return False


def _home(proc: Path) -> str:
    """Where our pids mean something: this boot of this machine, in this pid namespace."""
    try:
        boot_id = (proc / "sys/kernel/random/boot_id").read_text().strip()
        namespace = str((proc / "self/ns/pid").readlink())
    except OSError:
        return ""
    return f"{boot_id}/{namespace.strip('pid:[]')}"


def _start_time(proc: Path, pid: int) -> str:
    # Field 22 of proc_pid_stat(5), counted after the name, which may hold spaces.
    try:
        return (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
