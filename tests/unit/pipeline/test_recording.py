"""The root of a proved flist is written down before any name leads to the flist."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.standins.plans import image, step
from tests.standins.world import FakeHub, FakeRevision, World
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.plan.model import Plan
from tfimages_action.core.published.names import Release
from tfimages_action.core.run.report import Flist, ImageRun
from tfimages_action.core.run.work import FlistSource, Log
from tfimages_action.core.tags import require_version_tag
from tfimages_action.errors import RegistryError
from tfimages_action.pipeline.backoff import RetryPolicy
from tfimages_action.pipeline.options import Assignment, Options
from tfimages_action.pipeline.run import PipelineRun


class ProvingHub(FakeHub):
    """Gives what it proved a root."""

    root = "v1:" + "a" * 64

    def verify(
        self, image: Image, source: FlistSource, flist: Flist, *, log: Log, stop: threading.Event
    ) -> Flist:
        proved = super().verify(image, source, flist, log=log, stop=stop)
        return replace(proved, merkle_root=self.root)


class FakeRecorder:
    def __init__(self, world: World, failures: int = 0) -> None:
        self._world = world
        self.failures = failures

    def record(self, image: Image, digest: str, flist: Flist, *, log: Log) -> Flist:
        del log
        if self.failures:
            self.failures -= 1
            raise RegistryError("503", transient=True)
        assert digest.startswith("sha256:")
        self._world.note(f"record {image.name} {flist.merkle_root}")
        return flist.recorded(f"place/of:{digest[7:19]}.flist", "nobody can read it")


def publish(world: World, recorder: FakeRecorder, hub: FakeHub, *, vm: bool = False) -> ImageRun:
    assignment = Assignment(
        plan=Plan(current="v1", previous=None, steps=(step(image("hero", vm=vm)),)),
        revision=FakeRevision(),
        occasion=Release(version=require_version_tag("v1")),
    )
    services = world.services(converter=hub, recorder=recorder)
    options = Options(retry=RetryPolicy(tries=3, first_s=0.001, longest_s=0.001))
    (run,) = PipelineRun(assignment, services, options).run().images
    return run


@pytest.mark.parametrize("vm", [False, True])
def test_after_the_proof_and_before_the_links(tmp_path: Path, vm: bool) -> None:
    world = World(tmp_path)
    run = publish(world, FakeRecorder(world), ProvingHub(world), vm=vm)
    words = [effect.partition(" ")[0] for effect in world.effects()]
    assert words.index("verify") < words.index("record") < words.index("link")
    assert run.flist is not None
    assert run.flist.record.endswith(".flist")
    assert "nobody can read it" in run.warnings


def test_a_registry_that_is_away_is_asked_again_without_another_proof(tmp_path: Path) -> None:
    world = World(tmp_path)
    run = publish(world, FakeRecorder(world, failures=1), ProvingHub(world))
    assert run.failure is None
    words = [effect.partition(" ")[0] for effect in world.effects()]
    assert words.count("verify") == words.count("record") == 1


def test_what_was_not_proved_has_no_root_to_record(tmp_path: Path) -> None:
    world = World(tmp_path)
    run = publish(world, FakeRecorder(world), FakeHub(world))
    assert run.flist is not None
    assert run.flist.record == ""
    assert not any(effect.startswith("record") for effect in world.effects())
