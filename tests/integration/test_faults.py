"""Killed anywhere and started again, a run ends where an undisturbed one does: a quick set.

`python -m benchmarks.faults` makes the whole table.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bed import kills
from tests.bed.engine import Engine
from tests.bed.registry import running_registry
from tests.standins.hub.server import running_hub

ROOT = Path(__file__).parents[2]


def test_killed_runs_converge_in_a_world_of_files(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.standins.killing", str(tmp_path), "--kills", "24"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    table = json.loads(result.stdout)
    assert table["kills"] >= 12
    assert table["boundaries"] > 100


@pytest.mark.engine
def test_killed_runs_converge_on_real_parts(tmp_path: Path, engine: Engine) -> None:
    assert engine.version
    with running_registry() as registry, running_hub(tmp_path / "hub") as hub, kills.tidied():
        folder = kills.repository(tmp_path / "repository")
        table = kills.kill_and_restart(folder, registry.host, hub, list(kills.moments(1, 4)))
    assert table.restarts == 4
    assert table.kills >= 2
    assert table.kept >= 1
