"""A run that has nothing to do: 15 images, all published as wanted, from process start to end."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bed.engine import prefer_distribution_client
from tests.bed.publishing import Place, publish
from tests.bed.registry import running_registry
from tests.bed.scratch import ScratchRepository
from tests.standins.hub.server import running_hub
from tfimages_action.core.run.report import Outcome

IMAGES = 15
ROUNDS = 3


def repository(folder: Path) -> ScratchRepository:
    """Fifteen tiny images: what is measured is finding out that there is nothing to do."""
    scratch = ScratchRepository(folder)
    for number in range(IMAGES):
        scratch.write(
            f"images/idle{number}/Dockerfile",
            'FROM scratch\nCOPY content /content\nCMD ["/content"]\n',
        )
        scratch.write(f"images/idle{number}/content", f"{number}\n")
    scratch.commit("release v1", "v1")
    return scratch


def figures() -> dict[str, float]:
    """The median of three runs, interpreter and imports included."""
    prefer_distribution_client()
    with (
        tempfile.TemporaryDirectory(prefix="tfimages-idle-") as name,
        running_registry() as registry,
        running_hub(Path(name) / "hub") as hub,
    ):
        place = Place(
            registry=f"{registry.host}/idle",
            hub_url=hub.url,
            hub_token=hub.tokens.issue("bench.3bot"),
        )
        folder = repository(Path(name) / "repository").folder
        report = publish(folder, "v1", place)
        bad = [one.failure for one in report.images if one.outcome is not Outcome.PUBLISHED]
        assert not bad, bad
        seconds = []
        for _ in range(ROUNDS):
            began = time.monotonic()
            outcomes = again(folder, place)
            seconds.append(time.monotonic() - began)
            assert set(outcomes.values()) == {"skipped"}, outcomes
    print(f"  nothing to do: {', '.join(f'{one:.2f}' for one in seconds)} s")
    return {"nothing_to_do_s": round(statistics.median(seconds), 3)}


def again(folder: Path, place: Place) -> dict[str, str]:
    """Start the run again in a process of its own; what became of each image."""
    command = [sys.executable, "-m", "tests.bed.publishing", str(folder), "v1"]
    command += ["--registry", place.registry, "--hub", place.hub_url, "--token", place.hub_token]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    images = json.loads(done.stdout.splitlines()[-1])["images"]
    return {name: image["outcome"] for name, image in images.items()}


if __name__ == "__main__":
    print(figures())
