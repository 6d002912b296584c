"""Runs that are killed and started again, in a world of files, held against an undisturbed one.

A process of its own (`python -m tests.standins.killing FOLDER`), because it forks: the child runs
the pipeline and kills itself with SIGKILL before or after its n-th effect, or is killed from
outside at a random moment. What must hold is in `tfimages_action/pipeline/stages.py`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.standins.plans import image, plan_from
from tests.standins.world import FakeRevision, World
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.published import names
from tfimages_action.core.published.names import Release
from tfimages_action.core.run.report import RunReport
from tfimages_action.core.tags import require_version_tag
from tfimages_action.errors import ExitCode
from tfimages_action.pipeline.backoff import RetryPolicy
from tfimages_action.pipeline.options import Assignment, Options
from tfimages_action.pipeline.run import PipelineRun

_EFFECT_S = 0.002
"""How long an effect takes where a kill comes from outside."""


def images(fingerprint: str) -> tuple[Image, ...]:
    """Two families, one of them a diamond, a loner and a VM; `e` is the same in every release."""
    return (
        image("a", fingerprint=fingerprint),
        image("b", "a", fingerprint=fingerprint),
        image("c", "a", fingerprint=fingerprint),
        image("d", "b", "c", fingerprint=fingerprint),
        image("e"),
        image("x", fingerprint=fingerprint, tag="24.04"),
        image("y", "x", fingerprint=fingerprint),
        image("noble", fingerprint=fingerprint, vm=True),
    )


def publish(world: World, version: str, *, together: bool) -> RunReport:
    wanted = images(version)
    plan = plan_from(world, wanted, version)
    assignment = Assignment(
        plan=plan,
        revision=FakeRevision(),
        occasion=Release(version=require_version_tag(version)),
    )
    quick = RetryPolicy(first_s=0.001, longest_s=0.001)
    options = Options(max_parallel=3, publish_together=together, retry=quick)
    return PipelineRun(assignment, world.services(), options).run()


def shape(world: World) -> dict[str, str]:
    """Every name with what it stands for: the same for two worlds that differ in digests only."""

    def what(digest: str) -> str:
        record = world.described(digest) if digest.startswith("sha256:") else None
        return record.fingerprint or "?" if record else digest

    def anonymous(name: str, digest: str) -> str:
        return name.replace(names.short(digest), f"<{names.short(what(digest))}>")

    flists = world.flists()
    content = {name: anonymous(name, digest) for name, digest in flists.items()}
    linked = set(world.links().values())
    kept = {name for name in flists if name in linked or not name.startswith("noble-")}
    return {
        **{f"tag {anonymous(tag, to)}": what(to) for tag, to in world.tags().items()},
        # A VM that was converted but not linked is built anew: its first flist is left over.
        **{f"flist {content[name]}": what(flists[name]) for name in kept},
        **{f"link {link}": content[to] for link, to in world.links().items()},
    }


class _Counted:
    """A hook that kills its process at the n-th call."""

    def __init__(self, deadly: int) -> None:
        self._calls = itertools.count(1)
        self._deadly = deadly

    def __call__(self, _effect: str) -> None:
        if next(self._calls) == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)


def _in_child(folder: Path, version: str, deadly: int, after_s: float | None) -> bool:
    """Run in a fork; whether it was killed. It must not fail otherwise."""
    pid = os.fork()
    if pid == 0:
        hook = _Counted(deadly) if after_s is None else lambda _effect: time.sleep(_EFFECT_S)
        report = publish(World(folder, hook), version, together=deadly % 2 == 0)
        os._exit(report.exit_code)
    if after_s is not None:
        time.sleep(after_s)
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == ExitCode.DONE, f"an undisturbed run ended with {status}"
    return False


def _assert_nothing_broken(world: World) -> None:
    """At any moment: what a name that people use stands for is whole."""
    flists = world.flists()
    for link, target in world.links().items():
        assert flists.get(target, "").startswith("sha256:"), f"{link} serves {flists.get(target)}"
    for tag, digest in world.tags().items():
        assert world.described(digest).fingerprint, tag


def _pushed(world: World) -> set[str]:
    """Images of which the registry has what this release wants, under whatever name."""
    there = {world.described(digest).fingerprint for digest in set(world.tags().values())}
    return {one.name for one in images("v2") if one.fingerprint in there}


def one_case(folder: Path, before: Path, wanted: dict[str, str], kills: list[float]) -> int:
    """Kill a run (and the runs that go on from it) and let a last one end; count the kills.

    A kill of at least 1 is the n-th effect, one below 1 so many seconds after the start.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(before, folder)
    killed = 0
    for kill in kills:
        world = World(folder)
        pushed, built = _pushed(world), Counter(world.effects())
        outside = kill < 1
        killed += _in_child(folder, "v2", 0 if outside else int(kill), kill if outside else None)
        again = Counter(World(folder).effects())
        rebuilt = {name for name in pushed if again[f"build {name}"] > built[f"build {name}"]}
        assert not rebuilt, f"{rebuilt} were pushed, and built again"
        _assert_nothing_broken(World(folder))
    world = World(folder)
    pushed, built = _pushed(world), Counter(world.effects())
    report = publish(world, "v2", together=False)
    again = Counter(world.effects())
    assert report.exit_code is ExitCode.DONE, report
    assert not {name for name in pushed if again[f"build {name}"] > built[f"build {name}"]}
    found = shape(world)
    difference = dict(found.items() ^ wanted.items())
    assert found == wanted, f"kills {kills}: {difference}"
    return killed


def cases(seed: int, effects: int, most: int) -> Iterator[list[float]]:
    """Every boundary once, then pairs and triples of boundaries and moments, up to `most` kills."""
    draw = random.Random(seed)
    boundaries = list(range(1, effects + 1))
    if most < effects:
        boundaries = sorted(draw.sample(boundaries, most // 2))
    yield from ([float(boundary)] for boundary in boundaries)
    left = most - len(boundaries)
    while left > 0:
        kills = [
            float(draw.randint(1, effects)) if draw.random() < 0.5 else draw.uniform(0, 0.4)
            for _ in range(min(left, draw.choice([1, 2, 3])))
        ]
        left -= len(kills)
        yield kills


def main(arguments: list[str] | None = None) -> int:
    """Kill so often; print the table as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    before, undisturbed = given.folder / "before", given.folder / "undisturbed"
    publish(World(before), "v1", together=False)
    shutil.copytree(before, undisturbed)
    calls: list[str] = []
    publish(World(undisturbed, calls.append), "v2", together=False)
    wanted = shape(World(undisturbed))
    counted: Counter[str] = Counter()
    for kills in cases(given.seed, len(calls), given.kills):
        killed = one_case(given.folder / "case", before, wanted, kills)
        where = "boundary" if len(kills) == 1 and kills[0] >= 1 else "several and random"
        counted[where] += killed
        counted[f"{where}: restarts"] += len(kills)
    table = {"boundaries": len(calls), "kills": counted["boundary"] + counted["several and random"]}
    print(json.dumps({**table, **counted}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
