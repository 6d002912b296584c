"""build/bench.json: one object per part, beside the machine's cores and the date."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

PATH: Final = Path(__file__).resolve().parents[1] / "build" / "bench.json"


def add_part(name: str, figures: Mapping[str, Any], path: Path = PATH) -> None:
    """Put one part's figures into the file (other parts stay) and print them."""
    report = json.loads(path.read_text()) if path.is_file() else {}
    report["cores"] = os.cpu_count()
    report["date"] = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    report[name] = dict(figures)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")
    print(f"{name}: {json.dumps(report[name])}", flush=True)
