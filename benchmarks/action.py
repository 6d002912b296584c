"""The action's own image: how large, how soon it speaks, what a plan costs. See `make bench`.

* `image_mb`: what a runner downloads, the compressed layers as the registry has them, in MB (10^6).
* `first_line_s`: from `docker run` to the first line of the log; median of five starts.
* `plan_cpu_s`: CPU seconds of a whole step that only plans, a small repository; median of five.
"""

from __future__ import annotations

import json
import re
import statistics
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.report import add_part
from tests.bed import jobs
from tests.bed.bases import ensure_base
from tests.bed.engine import Engine, default_engine, prefer_distribution_client
from tests.bed.registry import running_registry
from tests.bed.runner import Runner, StepResult, build_action
from tests.bed.scratch import ScratchRepository
from tests.standins.github import running_github

_STARTS: Final = 5
_IMAGES: Final = 12
_METER: Final = """
import resource, subprocess, sys
code = subprocess.call([sys.executable, "/opt/tf-images/entrypoint.py"])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"cpu_s={used.ru_utime + used.ru_stime:.3f}")
sys.exit(code)
"""


def measure() -> dict[str, float]:
    """Build the image and measure it. Raises where a step that it measures fails."""
    engine = default_engine()
    ensure_base(engine)
    image = build_action(engine)
    with tempfile.TemporaryDirectory(prefix="tfimages-bench-") as folder:
        plain = [_plan(engine, image, Path(folder) / f"plain-{n}") for n in range(_STARTS)]
        metered_image = _metered(engine, image)
        try:
            metered = [
                _plan(engine, metered_image, Path(folder) / f"metered-{n}") for n in range(_STARTS)
            ]
        finally:
            engine.docker("rmi", "--force", metered_image)
    first_lines = [result.first_line_s or result.seconds for result in plain]
    return {
        "image_mb": round(_compressed_bytes(engine, image) / 1e6, 1),
        "first_line_s": round(statistics.median(first_lines), 2),
        "plan_cpu_s": round(statistics.median(map(_cpu_s, metered)), 2),
    }


def _compressed_bytes(engine: Engine, image: str) -> int:
    with running_registry() as registry:
        name = f"{registry.host}/tf-images:bench"
        engine.docker("tag", image, name)
        try:
            engine.docker("push", name)
            return registry.uploaded_bytes()
        finally:
            engine.docker("rmi", name)


def _metered(engine: Engine, image: str) -> str:
    name = "tfimages-bench:metered"
    entry = json.dumps(["tini", "-g", "--", "python3", "-c", _METER])
    dockerfile = f"FROM {image}\nENTRYPOINT {entry}\n".encode()
    engine.docker("buildx", "build", "--load", "--tag", name, "-", stdin=dockerfile)
    return name


def _plan(engine: Engine, image: str, work: Path) -> StepResult:
    repository = ScratchRepository(work / "workspace")
    for number in range(_IMAGES):
        parent = f"${{REGISTRY}}/image-{number - 1}" if number % 3 else "debian:trixie-slim"
        repository.write(f"images/image-{number}/Dockerfile", f"ARG REGISTRY\nFROM {parent}\n")
    commit = repository.commit("First", tag="v1")
    runner = Runner(engine, image=image, work=work, workspace=repository.folder)
    with running_registry() as registry, running_github(repository.folder) as github:
        job = jobs.tag_push("v1", commit, repository=github.name, api_url=github.url)
        result = runner.run(job, {"mode": "plan", "registry": f"{registry.host}/bench"})
    if result.exit_code != 0:
        raise RuntimeError(f"the plan ended with {result.exit_code}:\n{result.raw}")
    return result


def _cpu_s(result: StepResult) -> float:
    hit = re.search(r"^cpu_s=([\d.]+)$", result.raw, re.MULTILINE)
    if hit is None:
        raise RuntimeError(f"no figure in:\n{result.raw}")
    return float(hit[1])


if __name__ == "__main__":
    prefer_distribution_client()
    add_part("action", measure())
