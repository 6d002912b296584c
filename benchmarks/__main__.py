"""`python -m benchmarks [PART]`: each part in a process of its own, so that memory can be told."""

from __future__ import annotations

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
    failed = 0
    for part in wanted or PARTS:
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{part}"], cwd=root, check=False)
        failed += done.returncode != 0
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
