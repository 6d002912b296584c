"""Watches every process of the machine for secrets in its command line, and some for their room."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_PAUSE_S: Final = 0.02
_TOOLS: Final = frozenset({"docker", "docker-buildx", "ssh", "tar", "git"})


@dataclass(kw_only=True)
class Watch:
    """What was seen: process names, never the secrets themselves."""

    looks: int = 0
    tools: set[str] = field(default_factory=set)
    """Names of the tools that were seen at all: a watch that saw none has shown nothing."""
    in_arguments: set[str] = field(default_factory=set)
    in_environment: set[str] = field(default_factory=set)
    """Tools (children of the action) whose environment held a secret."""


@contextmanager
def watching(secrets: Sequence[str], *, ours: int = -1) -> Iterator[Watch]:
    """Look at all processes again and again, but for the session of `ours`: the harness's client.

    What it starts is left out with it: a client asks its plugins for their names, on this side.
    Sessions tell, since a child whose parent has ended gets another parent.
    """
    watch, stop = Watch(), threading.Event()
    wanted = [secret.encode() for secret in secrets]

    def look() -> None:
        while not stop.is_set():
            watch.looks += 1
            for process in Path("/proc").glob("[0-9]*"):
                if ours != _session(process):
                    _look_at(process, wanted, watch)
            time.sleep(_PAUSE_S)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()


def _session(process: Path) -> int:
    try:
        # The name of a process stands in parentheses and may hold anything; the rest does not.
        return int((process / "stat").read_text().rpartition(")")[2].split()[3])
    except OSError:
        return 0


def _look_at(process: Path, secrets: Sequence[bytes], watch: Watch) -> None:
    try:
        arguments = (process / "cmdline").read_bytes()
        name = Path(arguments.split(b"\0")[0].decode(errors="replace")).name
        tool = name in _TOOLS
        room = (process / "environ").read_bytes() if tool else b""
    except OSError:
        return  # it has ended meanwhile
    if tool:
        watch.tools.add(name)
    if any(secret in arguments for secret in secrets):
        watch.in_arguments.add(name)
    if any(secret in room for secret in secrets):
        watch.in_environment.add(name)
