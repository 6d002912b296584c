"""The pipeline on real parts, beside the sequential way and `docker buildx bake`, in one run.

Real engine, real registry on loopback, a Hub stand-in whose conversions take 20 s. Twelve images
in three families. The sequential way is the seed system's: build, push and convert one image after
the other. Bake builds the same set, and only builds.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from benchmarks import families
from tests.bed.bases import ensure_base
from tests.bed.engine import client, default_engine, prefer_distribution_client
from tests.bed.publishing import Place, publish
from tests.bed.registry import Registry, running_registry
from tests.standins.hub.server import running_hub
from tfimages_action.core.run.report import Outcome, RunReport, Stage
from tfimages_action.pipeline.graph import SLOTS
from tfimages_action.pipeline.options import Options

CONVERSION_S = 20.0
CONVERSIONS = 6
USER = "bench.3bot"


def ours(folder: Path, place: Place, options: Options) -> tuple[float, RunReport]:
    repository = families.repository(folder, "v1")
    began = time.monotonic()
    report = publish(repository.folder, "v1", place, options)
    seconds = time.monotonic() - began
    good = Outcome.PUBLISHED if options.push else Outcome.BUILT
    bad = [one for one in report.images if one.outcome is not good]
    assert not bad, [(one.step.image.name, one.failure) for one in bad]
    return seconds, report


def sequential(folder: Path, place: Place) -> float:
    """One after the other: build, push, convert."""
    repository = families.repository(folder / "sequential", "v1").folder
    hub = place.hub()
    began = time.monotonic()
    for name in families.PARENTS:
        reference = f"{place.registry}/{name}:latest"
        docker("buildx", "build", "--build-arg", f"REGISTRY={place.registry}", "--load",
               "--tag", reference, str(repository / "images" / name))  # fmt: skip
        docker("push", reference)
        assert hub.convert(reference).credible
    return time.monotonic() - began


def bake(folder: Path, place: Place) -> float:
    repository = families.repository(folder / "bake", "v1").folder
    file = families.bake_file(repository, place.registry, "tfimages.bench")
    began = time.monotonic()
    docker("buildx", "bake", "--file", str(file))
    return time.monotonic() - began


def docker(*arguments: str) -> None:
    done = subprocess.run([client(), *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]


def build_part(report: RunReport) -> float:
    """From the first build's start to the last build's end."""
    runs = [run for one in report.images for run in one.stages if run.stage is Stage.BUILD]
    return max(run.ended_s for run in runs) - min(run.started_s for run in runs)


def bound(report: RunReport, parallel: int) -> float:
    """No schedule of these stages, as long as they took, is shorter."""
    limits = {"build": parallel, "push": 2, "convert": CONVERSIONS, "verify": 2, "switch": 4}
    work: Counter[str] = Counter()
    chains: dict[str, float] = {}
    whole = 0.0
    for one in report.images:
        took = {run.stage: run.ended_s - run.started_s for run in one.stages}
        for stage, seconds in took.items():
            work[SLOTS[stage]] += seconds  # type: ignore[assignment]
        above = max((chains[parent] for parent in one.step.image.parent_names), default=0.0)
        chains[one.step.image.name] = above + took[Stage.BUILD] + took[Stage.CHECK]
        rest = (Stage.PUSH, Stage.CONVERT, Stage.VERIFY, Stage.SWITCH)
        whole = max(whole, chains[one.step.image.name] + sum(took[stage] for stage in rest))
    return max(whole, *(work[slot] / limits[slot] for slot in work))


def pushed_ratio(registry: Registry, since: int) -> float:
    """Bytes that were uploaded over the bytes of the distinct blobs among them."""
    uploads = registry.uploads(since)
    distinct = {upload.digest: upload.size for upload in uploads}
    return sum(upload.size for upload in uploads) / sum(distinct.values())


def chart(report: RunReport, column_s: float = 1.0) -> str:
    """Who ran when, on which slot: a letter a stage, a column so many seconds."""
    letters = {Stage.BUILD: "B", Stage.CHECK: "k", Stage.PUSH: "P", Stage.CONVERT: "C",
               Stage.VERIFY: "v", Stage.SWITCH: "s"}  # fmt: skip
    width = int(report.duration_s / column_s) + 2
    lines: dict[str, list[str]] = {}
    runs = [(run, one.step.image.name) for one in report.images for run in one.stages]
    for run, name in sorted(runs, key=lambda pair: pair[0].started_s):
        line = lines.setdefault(run.slot, [" "] * width)
        first, last = int(run.started_s / column_s), int(run.ended_s / column_s)
        line[first : max(last, first + 1)] = letters[run.stage] * max(last - first, 1)
        if last - first > len("A1"):
            line[first : first + 2] = name[0].upper() + name[-1]
    order = sorted(
        lines, key=lambda slot: (list(SLOTS.values()).index(slot.partition("-")[0]), slot)
    )
    return "\n".join(f"{slot:10} |{''.join(lines[slot])}".rstrip() for slot in order)


def charted() -> str:
    """Our run alone, drawn."""
    prefer_distribution_client()
    ensure_base(default_engine())
    with (
        tempfile.TemporaryDirectory(prefix="tfimages-bench-") as name,
        running_registry() as registry,
        running_hub(Path(name) / "hub", delay_s=CONVERSION_S) as hub,
    ):
        token = hub.tokens.issue(USER)
        place = Place(registry=f"{registry.host}/ours", hub_url=hub.url, hub_token=token)
        options = Options(max_parallel=len(families.PARENTS), max_conversions=CONVERSIONS)
        seconds, report = ours(Path(name) / "ours", place, options)
        least = bound(report, len(families.PARENTS))
    return f"{chart(report, 2)}\n{seconds:.1f} s, bound {least:.1f} s"


def forget_images(one_by_one: Place) -> None:
    """Take away what bake and the sequential way left in the engine."""
    engine = default_engine()
    for name in families.PARENTS:
        for left in (f"tfimages.bench/{name}:bake", f"{one_by_one.registry}/{name}:latest"):
            with suppress(RuntimeError):
                engine.docker("rmi", "--force", left)


def figures() -> dict[str, float]:
    """Ours against both, the bound, and how much was uploaded twice."""
    prefer_distribution_client()
    ensure_base(default_engine())
    parallel = len(families.PARENTS)
    with (
        tempfile.TemporaryDirectory(prefix="tfimages-bench-") as name,
        running_registry() as registry,
        running_hub(Path(name) / "hub", delay_s=CONVERSION_S) as hub,
    ):
        folder = Path(name)
        token = hub.tokens.issue(USER)
        place = Place(registry=f"{registry.host}/ours", hub_url=hub.url, hub_token=token)
        since = len(registry.accesses())
        options = Options(max_parallel=parallel, max_conversions=CONVERSIONS)
        seconds, report = ours(folder / "ours", place, options)
        ratio = pushed_ratio(registry, since)
        print(chart(report))
        # Bake neither pushes nor converts: beside it stands a run of ours that doesn't either.
        building = replace(options, push=False, convert=False)
        built = ours(folder / "build", place, building)[0]
        baked = bake(folder, place)
        print(f"  ours {seconds:.1f} s; builds alone {built:.1f} s, bake {baked:.1f} s")
        other = replace(place, registry=f"{registry.host}/sequential")
        one_by_one = sequential(folder, other)
        least = bound(report, parallel)
        print(f"  one by one {one_by_one:.1f} s; bound {least:.1f} s")
        forget_images(other)
    return {
        "vs_sequential": round(one_by_one / seconds, 3),
        "vs_bake": round(built / baked, 3),
        "vs_bound": round(seconds / least, 3),
        "seconds": round(seconds, 1),
        "build_seconds": round(built, 1),
        "build_part_seconds": round(build_part(report), 1),
        "bake_seconds": round(baked, 1),
        "sequential_seconds": round(one_by_one, 1),
        "bound_seconds": round(least, 1),
        "pushed_bytes_ratio": round(ratio, 4),
    }


if __name__ == "__main__":
    print(charted() if sys.argv[1:] == ["chart"] else figures())
