"""The kill table: runs killed at every boundary and at random moments, and started again.

`python -m benchmarks.faults` makes both halves: a world of files (every boundary of an effect,
pairs and triples of kills, moments from outside), and a real engine and registry with the Hub's
stand-in. Each result of the latter is kept in `build/kills.jsonl` at once: what was interrupted
goes on where it stopped.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import tempfile
from pathlib import Path
from typing import Final

from tests.bed import kill_cases, kill_table
from tests.bed.engine import prefer_distribution_client
from tests.bed.kills import Killing, tidied
from tests.bed.registry import running_registry
from tests.standins import killing
from tests.standins.hub.server import running_hub

_KILLS: Final = 260
_REAL_CASES: Final = 120
_KEPT: Final = Path("build/kills.jsonl")
_CONVERSION_S: Final = 0.5
"""Long enough to be killed in."""


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


def on_real_parts(cases: int, seed: int, file: Path) -> list[kill_table.Result]:
    """The same with processes that are killed while they build, push, convert and switch."""
    done = {result.case for result in kill_table.kept_in(file)}
    with (
        tempfile.TemporaryDirectory(prefix="tfimages-kills-") as name,
        running_registry() as registry,
        running_hub(Path(name) / "hub", delay_s=_CONVERSION_S) as hub,
        tidied(),
    ):
        killing = Killing(Path(name) / "repository", registry.host, hub)
        for case in kill_cases.cases(seed, cases):
            if case.name not in done:
                result = killing.run(case)
                kill_table.keep_in(file, result)
                print(result, flush=True)
    return kill_table.kept_in(file)


def main() -> int:
    """Print both tables; exit 1 where a run did not converge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("part", nargs="*", default=["files", "real"])
    parser.add_argument("--cases", type=int, default=_REAL_CASES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--file", type=Path, default=_KEPT)
    given = parser.parse_args()
    if "files" in given.part:
        for where, count in in_files().items():
            print(f"{where:40} {count:6}", flush=True)
    results: list[kill_table.Result] = []
    if "real" in given.part:
        prefer_distribution_client()
        results = on_real_parts(given.cases, given.seed, given.file)
        print("\n".join(kill_table.table(results)))
    return 0 if all(one.converged for one in results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
