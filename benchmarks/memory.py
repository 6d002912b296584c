"""What a publishing run takes of memory: 15 images on a Debian base, checked, pushed and proved.

The door's own process is watched, its children (buildx, docker) apart.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.bed.bases import BASE, ensure_base
from tests.bed.engine import default_engine, prefer_distribution_client
from tests.bed.registry import running_registry
from tests.bed.scratch import ScratchRepository
from tests.standins.hub.server import running_hub

IMAGES: Final = 15
_TICK_S: Final = 0.05
_PEAK: Final = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def figures() -> dict[str, float]:
    """The peak, in MB, and how long the run took."""
    prefer_distribution_client()
    ensure_base(default_engine())
    with (
        tempfile.TemporaryDirectory(prefix="tfimages-memory-") as name,
        running_registry() as registry,
        running_hub(Path(name) / "hub") as hub,
    ):
        folder = _repository(Path(name) / "repository")
        command = [sys.executable, "-m", "tfimages_action", "publish", "--repo", str(folder)]
        command += ["--registry", f"{registry.host}/memory", "--hub-url", hub.url]
        environment = {**os.environ, "TFHUB_TOKEN": hub.tokens.issue("bench.3bot")}
        began = time.monotonic()
        peak = _peak_kb(command, environment)
        seconds = time.monotonic() - began
    print(f"  {IMAGES} images published in {seconds:.0f} s, at most {peak / 1024:.0f} MB")
    return {"rss_mb": round(peak / 1024)}


def _repository(folder: Path) -> Path:
    scratch = ScratchRepository(folder)
    for number in range(IMAGES):
        scratch.write(
            f"images/memory{number}/Dockerfile",
            f'FROM {BASE}\nCOPY content /content\nCMD ["/bin/sleep", "infinity"]\n',
        )
        scratch.write(f"images/memory{number}/content", f"{number} in {folder}\n")
    scratch.commit("release v1", "v1")
    return scratch.folder


def _peak_kb(command: list[str], environment: dict[str, str]) -> int:
    """Run it; the largest resident size of the process itself, as the kernel keeps it."""
    peak = 0
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        status = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            with suppress(OSError):
                peak = max(peak, *map(int, _PEAK.findall(status.read_text())), 0)
            time.sleep(_TICK_S)
        out.seek(0)
        assert process.returncode == 0, out.read()[-3000:]
    return peak


if __name__ == "__main__":
    print(figures())
