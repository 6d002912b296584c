"""Plan thousands of images: time against `git ls-tree`, memory, growth, and the way it replaces.

The repository is made by `git fast-import`: ten files per image, every twentieth image on an
external base, the others on one of the images before it; the second tag changes one file of one
base. Each plan is made in a process of its own, timed from its start to its exit; git's and ours
take turns, since a machine that others use too is not equally fast for long.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from benchmarks.report import add_part

IMAGES: Final = 10_000
FEW: Final = 1_000
FILES_PER_IMAGE: Final = 10
RUNS: Final = 5
OLD_WAY_SAMPLE: Final = 200
REGISTRY: Final = "ghcr.io/owner"


def main() -> None:
    """Make the repositories, plan, and write the figures."""
    with tempfile.TemporaryDirectory(prefix="bench-plan-") as folder:
        large, small = Path(folder, "large"), Path(folder, "small")
        parents = generate(large, IMAGES)
        generate(small, FEW)
        _plan(small)  # what is compiled on the first start is there from now on
        turns = [(_ls_tree(large), _plan(large), _plan(small)) for _ in range(RUNS)]
        ls_tree = median(git for git, _, _ in turns)
        seconds = median(many.seconds for _, many, _ in turns)
        few = median(few.seconds for _, _, few in turns)
        old_way = _old_way(large, parents)
        add_part(
            "plan",
            {
                "images": IMAGES,
                "files": IMAGES * FILES_PER_IMAGE,
                "seconds": round(seconds, 2),
                "ls_tree_seconds": round(ls_tree, 3),
                "ratio_ls_tree": round(seconds / ls_tree, 1),
                "rss_mb": round(max(many.rss_mb for _, many, _ in turns)),
                "growth_1k_to_10k": round(seconds / few, 1),
                "ratio_old_way": round(old_way / seconds),
                "old_way_sample": OLD_WAY_SAMPLE,
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


class _Run(NamedTuple):
    seconds: float
    """From the process's start to its exit."""
    rss_mb: float
    """Its peak."""


def _run(command: Sequence[str], output: Path) -> _Run:
    with output.open("wb") as file:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=file)
        _, status, usage = os.wait4(process.pid, 0)  # tells the memory of this process alone
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return _Run(seconds=seconds, rss_mb=usage.ru_maxrss / 1024)


def _ls_tree(folder: Path) -> float:
    """Seconds of listing both tags, as git does it."""
    command = ["git", "-C", str(folder), "ls-tree", "-r"]
    return sum(_run([*command, tag], Path(os.devnull)).seconds for tag in ("v1", "v2"))


def _plan(folder: Path) -> _Run:
    """Plan both tags by `tfimages plan`."""
    command = [sys.executable, "-m", "tfimages_action", "plan", "--repo", str(folder)]
    command += ["--registry", REGISTRY, "--previous", "v1", "--current", "v2", "--format", "json"]
    output = folder / "plan.json"
    run = _run(command, output)
    images = json.loads(output.read_text())["images"]
    assert 0 < sum(image["action"] == "build" for image in images) < len(images)
    return run


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
