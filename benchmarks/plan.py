"""Plan thousands of images: time against `git ls-tree`, memory, growth, and the way it replaces.

The repository is made by `git fast-import`: ten files per image, every twentieth image on an
external base, the others on one of the images before it; the second tag changes one file of one
base. Each plan is made in a process of its own, so that its memory and its start are its own.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.report import add_part

IMAGES: Final = 10_000
FEW: Final = 1_000
FILES_PER_IMAGE: Final = 10
OLD_WAY_SAMPLE: Final = 200
REGISTRY: Final = "ghcr.io/owner"


def main() -> None:
    """Make the repositories, plan, and write the figures."""
    with tempfile.TemporaryDirectory(prefix="bench-plan-") as folder:
        large, small = Path(folder, "large"), Path(folder, "small")
        parents = generate(large, IMAGES)
        generate(small, FEW)
        ls_tree = median(_ls_tree(large) for _ in range(3))
        runs = [_plan(large) for _ in range(3)]
        seconds = median(run["seconds"] for run in runs)
        few = median(_plan(small)["seconds"] for _ in range(3))
        old_way = _old_way(large, parents)
        add_part(
            "plan",
            {
                "images": IMAGES,
                "files": IMAGES * FILES_PER_IMAGE,
                "seconds": round(seconds, 2),
                "ls_tree_seconds": round(ls_tree, 3),
                "ratio_ls_tree": round(seconds / ls_tree, 1),
                "rss_mb": round(max(run["rss_mb"] for run in runs)),
                "growth_1k_to_10k": round(seconds / few, 1),
                "ratio_old_way": round(old_way / seconds),
            },
        )


def generate(folder: Path, images: int) -> list[int | None]:
    """A bare repository with tags v1 and v2; returns each image's parent."""
    subprocess.run(["git", "init", "-q", "--bare", str(folder)], check=True)
    choose = random.Random(images)
    parents = [None if i % 20 == 0 else choose.randrange(i) for i in range(images)]
    stream = b"".join(_commits(parents))
    command = ["git", "-C", str(folder), "fast-import", "--quiet"]
    subprocess.run(command, input=stream, check=True)
    return parents


def _commits(parents: Sequence[int | None]) -> Iterator[bytes]:
    yield b"commit refs/tags/v1\nmark :1\ncommitter a <a@b> 1700000000 +0000\ndata 0\n"
    for index, parent in enumerate(parents):
        base = "debian:trixie-slim" if parent is None else f"${{REGISTRY}}/group/image-{parent}"
        yield _file(index, "Dockerfile", _dockerfile(index, base))
        for number in range(FILES_PER_IMAGE - 1):
            yield _file(index, f"rootfs/etc/part-{number}", f"content {index} {number}\n")
    yield b"commit refs/tags/v2\ncommitter a <a@b> 1700000100 +0000\ndata 0\nfrom :1\n"
    yield _file(len(parents) // 100, "rootfs/etc/part-0", "changed\n")


def _file(index: int, path: str, content: str) -> bytes:
    data = content.encode()
    return b"M 100644 inline images/group/image-%d/%s\ndata %d\n%s\n" % (
        index,
        path.encode(),
        len(data),
        data,
    )


def _dockerfile(index: int, base: str) -> str:
    return (
        "# syntax=docker/dockerfile:1\n"
        f"ARG REGISTRY\nFROM {base}\n"
        "RUN apt-get update \\\n    && apt-get install -y --no-install-recommends curl \\\n"
        "    && rm -rf /var/lib/apt/lists/*\n"
        f"COPY rootfs /\nENV NAME=image-{index}\nEXPOSE 80\n"
        'ENTRYPOINT ["/sbin/zinit", "init"]\n'
    )


def _ls_tree(folder: Path) -> float:
    """Seconds of listing both tags, as git does it."""
    started = time.perf_counter()
    for tag in ("v1", "v2"):
        command = ["git", "-C", str(folder), "ls-tree", "-r", tag]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def _plan(folder: Path) -> dict[str, float]:
    """Seconds from the process's start to the plan's end, and its peak memory."""
    command = [sys.executable, "-m", "tfimages_action", "plan", "--repo", str(folder)]
    command += ["--registry", REGISTRY, "--previous", "v1", "--current", "v2", "--format", "json"]
    before = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        plan = json.loads(process.stdout.read())
        seconds = time.perf_counter() - before
    builds = sum(image["action"] == "build" for image in plan["images"])
    assert process.returncode == 0
    assert 0 < builds < len(plan["images"]), builds
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {"seconds": seconds, "rss_mb": peak / 1024}


def _old_way(folder: Path, parents: Sequence[int | None]) -> float:
    """Seconds of a `git diff` per folder and per ancestor, scaled up from a sample of images."""
    step = len(parents) // OLD_WAY_SAMPLE
    sample = range(0, len(parents), step)
    started = time.perf_counter()
    for image in sample:
        index: int | None = image
        while index is not None and not _differs(folder, index):
            index = parents[index]
    return (time.perf_counter() - started) * len(parents) / len(sample)


def _differs(folder: Path, index: int) -> bool:
    path = f"images/group/image-{index}"
    command = ["git", "-C", str(folder), "diff", "--quiet", "v1", "v2", "--", path]
    return subprocess.run(command, check=False).returncode != 0


if __name__ == "__main__":
    main()
