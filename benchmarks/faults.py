"""The kill table: runs killed at every effect and at random moments, and started again."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from pathlib import Path

from tests.standins import killing

_KILLS = 260


def figures(kills: int = _KILLS) -> dict[str, int]:
    """How many runs were killed where; one that did not converge raises."""
    said = io.StringIO()
    with (
        tempfile.TemporaryDirectory(prefix="tfimages-kills-") as folder,
        contextlib.redirect_stdout(said),
    ):
        killing.main([str(Path(folder)), "--kills", str(kills)])
    table: dict[str, int] = json.loads(said.getvalue())
    return table


if __name__ == "__main__":
    for where, count in figures().items():
        print(f"{where:36} {count:5}")
