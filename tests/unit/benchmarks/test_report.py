"""build/bench.json keeps every part, whichever was measured last."""

import datetime as dt
import json
from pathlib import Path

from benchmarks.report import add_part


def test_parts_stand_beside_each_other(tmp_path: Path) -> None:
    path = tmp_path / "build" / "bench.json"
    add_part("plan", {"seconds": 1.5}, path)
    add_part("action", {"image_mb": 94.3}, path)
    add_part("plan", {"seconds": 1.25}, path)
    found = json.loads(path.read_text())
    assert found["plan"] == {"seconds": 1.25}
    assert found["action"] == {"image_mb": 94.3}
    assert found["cores"] >= 1
    assert dt.datetime.fromisoformat(found["date"]).tzinfo is not None
