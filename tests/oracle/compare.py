"""Hold `tfimages references` against BuildKit's own answers for every file below a folder.

    python -m tests.oracle.compare DIR PROGRAM

PROGRAM is the built main.go. Prints each file on which the two differ as soon as it is found, then
the counts; the exit code is 1 where any differs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfimages_action.doors.commands.references import describe


def main(folder: Path, program: Path) -> int:
    """Compare, print, and return the exit code."""
    paths = [str(path) for path in sorted(folder.rglob("*")) if path.is_file()]
    paths = [path for path in paths if "\n" not in path]  # the program is given one a line
    counts: Counter[str] = Counter()
    for path, theirs in zip(paths, _answers(program, paths), strict=True):
        ours = describe(path)
        verdict = _verdict(ours, theirs)
        counts[verdict] += 1
        if verdict not in {"equal", "both refuse"}:
            line = f"{verdict}: {path}: ours {_short(ours)}, BuildKit's {_short(theirs)}"
            print(line.encode("utf-8", "replace").decode(), flush=True)
    print(f"{len(paths)} files: " + ", ".join(f"{n} {what}" for what, n in counts.most_common()))
    return int(counts["equal"] + counts["both refuse"] != len(paths))


def _answers(program: Path, paths: Sequence[str]) -> Iterator[dict[str, Any]]:
    """BuildKit's, in the paths' order; it works while the caller looks at those before."""
    with tempfile.TemporaryFile() as asked:
        asked.writelines(os.fsencode(path) + b"\n" for path in paths)
        asked.seek(0)
        with subprocess.Popen([program], stdin=asked, stdout=subprocess.PIPE) as running:
            for line in running.stdout or ():
                yield json.loads(line)
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, [program])


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
