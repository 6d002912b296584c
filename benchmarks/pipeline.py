"""The pipeline: simulated makespans, a real run beside two other ways, an idle run, memory."""

from __future__ import annotations

from benchmarks import idle, memory, real, simulation
from benchmarks.report import add_part

if __name__ == "__main__":
    add_part(
        "pipeline", {**simulation.figures(), **real.figures(), **idle.figures(), **memory.figures()}
    )
