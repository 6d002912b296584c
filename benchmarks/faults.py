"""The kill table: runs killed at every effect and at random moments, and started again.

Most of them in a world of files (every boundary of an effect, pairs and triples of kills, moments
from outside), some on a real engine and registry and the Hub's stand-in.
"""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from pathlib import Path

from tests.bed import kills as real
from tests.bed.engine import prefer_distribution_client
from tests.bed.registry import running_registry
from tests.standins import killing
from tests.standins.hub.server import running_hub

_KILLS = 260
_REAL_KILLS = 12


def in_files(kills: int = _KILLS) -> dict[str, int]:
    """How many runs were killed where; one that did not converge raises."""
    said = io.StringIO()
    with (
        tempfile.TemporaryDirectory(prefix="tfimages-kills-") as folder,
        contextlib.redirect_stdout(said),
    ):
        killing.main([str(Path(folder)), "--kills", str(kills)])
    table: dict[str, int] = json.loads(said.getvalue())
    return table


def on_real_parts(kills: int = _REAL_KILLS, seed: int = 1) -> dict[str, int]:
    """The same with processes that are killed while they build, push, convert and switch."""
    prefer_distribution_client()
    with (
        tempfile.TemporaryDirectory(prefix="tfimages-kills-") as name,
        running_registry() as registry,
        running_hub(Path(name) / "hub") as hub,
        real.tidied(),
    ):
        folder = real.repository(Path(name) / "repository")
        table = real.kill_and_restart(folder, registry.host, hub, list(real.moments(seed, kills)))
    return {
        "events of an undisturbed run": table.events,
        "kills": table.kills,
        "restarts": table.restarts,
        "images pushed before a kill, never built again": table.kept,
    }


if __name__ == "__main__":
    for world, table in (("files", in_files()), ("real parts", on_real_parts())):
        for where, count in table.items():
            print(f"{world:12} {where:50} {count:5}", flush=True)
