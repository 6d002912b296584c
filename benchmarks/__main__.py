"""`python -m benchmarks [PART]`: each part in a process of its own, so that memory can be told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

PARTS: Final = ("plan", "pipeline", "verify", "flist", "action")


def main(wanted: list[str]) -> int:
    unknown = sorted(set(wanted) - set(PARTS))
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    root = Path(__file__).resolve().parents[1]
    # An installed program has its bytecode beside it, whatever this shell says of writing it.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    failed = 0
    for part in wanted or PARTS:
        command = [sys.executable, "-m", f"benchmarks.{part}"]
        done = subprocess.run(command, cwd=root, env=environment, check=False)
        failed += done.returncode != 0
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
