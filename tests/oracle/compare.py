"""Hold `tfimages references` against BuildKit's own answers for every file below a folder.

    python -m tests.oracle.compare DIR PROGRAM

PROGRAM is the built main.go. Prints each file on which the two differ, then the counts; the exit
code is 1 where any differs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tfimages_action.doors.commands.references import describe


def main(folder: Path, program: Path) -> int:
    """Compare, print, and return the exit code."""
    paths = [str(path) for path in sorted(folder.rglob("*")) if path.is_file()]
    counts: Counter[str] = Counter()
    for line in _answers(program, paths):
        theirs = json.loads(line)
        ours = describe(theirs["file"])
        verdict = _verdict(ours, theirs)
        counts[verdict] += 1
        if verdict not in {"equal", "both refuse"}:
            print(f"{verdict}: {theirs['file']}: ours {_short(ours)}, BuildKit's {_short(theirs)}")
    print(f"{len(paths)} files: " + ", ".join(f"{n} {what}" for what, n in counts.most_common()))
    return int(counts["equal"] + counts["both refuse"] != len(paths))


def _answers(program: Path, paths: list[str]) -> list[str]:
    asked = "".join(f"{path}\n" for path in paths)
    done = subprocess.run([program], input=asked, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()


def _verdict(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    match bool(ours["error"]), bool(theirs["error"]):
        case True, True:
            return "both refuse"
        case True, False:
            return "only we refuse"
        case False, True:
            return "only BuildKit refuses"
        case _:
            return "equal" if ours["references"] == theirs["references"] else "other references"


def _short(answer: dict[str, Any]) -> str:
    return str(answer["error"] or answer["references"])[:200]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
