"""Killed anywhere and started again, a run ends where an undisturbed one does: a quick set.

`python -m benchmarks.faults` makes the whole table.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_killed_runs_converge_in_a_world_of_files(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.standins.killing", str(tmp_path), "--kills", "24"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    table = json.loads(result.stdout)
    assert table["kills"] >= 12
    assert table["boundaries"] > 100
