"""Where a run is killed: every boundary of every stage, lines of logs, moments from outside."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.standins.hub.faults import Fault

RELEASED: Final = ("root", "leaf", "side")
"""The loner is the same in every release: it gets their names without being built."""
STAGES: Final = ("build", "check", "push", "convert", "verify", "switch")
_BOUNDARIES: Final = ("started", "ended")
_LINES: Final = {"build": 8, "push": 6, "convert": 1, "switch": 3}
"""How many lines of each stage's log to be killed at; those that a run does not say are no kill."""
_FAULTS: Final = (Fault.HTML_500, Fault.WRITTEN_500, Fault.PROXY_502, Fault.RESET)
_FIRST: Final = ("build leaf", "check leaf", "push leaf")
_LAST: Final = ("convert leaf", "verify leaf", "switch leaf")

Kill = str | float
"""What the run said last (`started push root`), or so many parts of an undisturbed run's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One release that is killed, once or again while it is ended."""

    name: str
    kills: tuple[Kill, ...]
    parallel: int = 2
    together: bool = False
    fault: Fault | None = None
    """What the Hub does wrong once, when the run is started again."""


def cases(seed: int, count: int) -> Iterator[Case]:
    """Every boundary of every stage, lines of their logs, moments from outside, one after another.

    The same seed gives the same cases, so that a table can be gone on with.
    """
    draw = random.Random(seed)
    stages = [*itertools.product(STAGES, RELEASED), ("switch", "loner")]
    boundaries = [f"{when} {stage} {name}" for stage, name in stages for when in _BOUNDARIES]
    lines = [
        f"line {stage} {name} {number}"
        for stage, most in _LINES.items()
        for name in RELEASED
        for number in range(1, most + 1)
    ]
    early = [event for event in boundaries if "leaf" not in event]
    built = [event for event in boundaries if event.endswith(_FIRST)]
    made = [event for event in boundaries if event.endswith(_LAST)]
    for number in range(count):
        match number % 8:
            case 0 | 2 | 4:
                # Each run takes up where the one before was killed.
                kills: tuple[Kill, ...] = tuple(map(draw.choice, (early, built, made)))
            case 1 | 3:
                kills = (draw.choice(boundaries), draw.uniform(0.1, 0.8))
            case 5:
                kills = (draw.choice(lines), draw.choice(lines))
            case 6:
                kills = (draw.uniform(0.1, 0.9), draw.uniform(0.1, 0.9))
            case _:
                kills = (draw.choice(boundaries),)
        yield Case(
            name=f"{seed}-{number}",
            kills=kills,
            parallel=draw.choice((1, 2, 3)),
            together=draw.random() < 0.3,
            fault=draw.choice(_FAULTS) if number % 4 == 3 else None,
        )
