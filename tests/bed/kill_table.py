"""What became of killed runs: one result for each case, kept in a file and shown as a table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from tests.bed.kill_cases import STAGES

_COLUMNS: Final = ("kills", "converged", "again", "missing")


@dataclass(slots=True, kw_only=True)
class Result:
    """What became of one case. All but the first five are empty where it converged."""

    case: str
    kills: list[str] = field(default_factory=list)
    """Those that hit: where (`push: before`, `push: at a line`, `push: after`, `push: within`)."""
    kept: int = 0
    """Images that a killed run had pushed, each of which no later run may build again."""
    fault: str = ""
    seconds: float = 0.0
    rebuilt: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    report: list[str] = field(default_factory=list)

    @property
    def converged(self) -> bool:
        return not (self.rebuilt or self.missing or self.extra or self.report)


def table(results: Sequence[Result]) -> list[str]:
    """By stage: where it was killed how often, and what came of it; as Markdown."""
    when = ("before", "at a line", "within", "after")
    rows: list[tuple[str, ...]] = []
    sums: Counter[str] = Counter()
    for stage in (*STAGES, "no stage"):
        cells: Counter[str] = Counter()
        for one in results:
            own = [kill.partition(": ")[2] for kill in one.kills if kill.startswith(f"{stage}: ")]
            cells.update(own)
            cells["kills"] += len(own)
            cells["converged"] += len(own) * one.converged
            cells["again"] += len(one.rebuilt) * bool(own)
            cells["missing"] += len(one.missing) * bool(own)
        if stage not in STAGES and not cells["kills"]:
            continue
        sums.update(cells)
        rows.append((stage, *(str(cells[column]) for column in (*when, *_COLUMNS))))
    rows.append(("**all**", *(str(sums[column]) for column in (*when, *_COLUMNS))))
    head = ("stage", *when, "kills", "converged", "built again", "missing")
    lines = [head, ("---", *("--:" for _ in head[1:])), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def kept_in(file: Path) -> list[Result]:
    """The results of earlier cases; a line that was cut is none."""
    found = []
    for line in file.read_text().splitlines() if file.exists() else ():
        with suppress(ValueError):
            found.append(Result(**json.loads(line)))
    return found


def keep_in(file: Path, result: Result) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as out:
        out.write(json.dumps(asdict(result)) + "\n")
