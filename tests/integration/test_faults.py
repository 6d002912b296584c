"""Killed anywhere and started again, a run ends where an undisturbed one does: a quick set.

`python -m benchmarks.faults` makes the whole table.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bed import kills
from tests.bed.engine import Engine
from tests.bed.kill_cases import Case
from tests.bed.kill_table import Result
from tests.bed.registry import running_registry
from tests.standins.hub.faults import Fault
from tests.standins.hub.server import running_hub

ROOT = Path(__file__).parents[2]
QUICK = (
    Case(name="built", kills=("ended build root",)),
    Case(name="pushed", kills=("ended push root",), parallel=1, together=True),
    Case(name="converted", kills=("started verify side",), fault=Fault.HTML_500),
    Case(name="proved", kills=("ended verify side",)),
)


def hold(killing: kills.Killing, results: Sequence[Result]) -> None:
    """Hold what became of the quick set: all converged, and each kill hit where it should."""
    assert [result for result in results if not result.converged] == []
    assert [where for result in results for where in result.kills] == [
        "build: after",
        "push: after",
        "verify: before",
        "verify: after",
    ]
    assert {name for name in killing.wanted if name.endswith(": record")}
    assert results[1].kept >= 1


def test_killed_runs_converge_in_a_world_of_files(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.standins.killing", str(tmp_path), "--kills", "24"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    table = json.loads(result.stdout)
    assert table["kills"] >= 12
    assert table["boundaries"] > 100


@pytest.mark.engine
@pytest.mark.parametrize("store", ["engine", "containerd_engine"])
def test_killed_runs_converge_on_real_parts(
    tmp_path: Path, store: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = request.getfixturevalue(store)
    assert isinstance(engine, Engine)
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    with running_registry() as registry, running_hub(tmp_path / "hub") as hub, kills.tidied():
        killing = kills.Killing(tmp_path / "repository", registry.host, hub)
        results = [killing.run(case) for case in QUICK]
    hold(killing, results)
