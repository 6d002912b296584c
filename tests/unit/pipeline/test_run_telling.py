"""What a run tells while it goes, and what it keeps of the disk."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from tests.standins.plans import image, step
from tests.standins.world import World
from tests.unit.pipeline.runs import FAMILY, OPTIONS, pipeline
from tfimages_action.core.run.events import Event, ImageEnded, LogLine, StageEnded, StageStarted
from tfimages_action.core.run.work import Built
from tfimages_action.errors import StageError


def test_the_listener_hears_it_all_in_order(world: World) -> None:
    events: list[Event] = []
    pipeline(world, step(image("a")), listener=events.append).run()
    kinds = [type(event) for event in events if not isinstance(event, LogLine)]
    assert kinds == [StageStarted, StageEnded] * 6 + [ImageEnded]
    lines = [event.text for event in events if isinstance(event, LogLine)]
    assert lines[0] == "building a"


def test_what_is_blocked_is_told_when_it_is_known_not_at_the_end(world: World) -> None:
    told, seen = threading.Event(), [False]

    def listen(event: Event) -> None:
        if isinstance(event, ImageEnded) and event.run.step.image.name == "c":
            told.set()

    def hook(effect: str) -> None:
        if effect == "before build b":
            raise StageError("no")
        if effect == "before build y":
            seen[0] = told.wait(20)

    world.hook = hook
    pipeline(world, *map(step, FAMILY), listener=listen).run()
    assert seen == [True]


class Keeper:
    def __init__(self, free: int | None) -> None:
        self.free = free
        self.dropped: list[str] = []

    def free_bytes(self) -> int | None:
        return self.free

    def drop(self, built: Built) -> None:
        self.dropped.append(built.image.name)


@pytest.mark.parametrize(("free", "warned"), [(10, True), (None, False), (10**13, False)])
def test_little_disk_is_said_before_anything_is_built(
    world: World, free: int | None, warned: bool
) -> None:
    report = pipeline(world, step(image("a")), housekeeper=Keeper(free)).run()
    assert bool(report.problems) is warned


def test_prune_drops_what_nothing_needs_any_more(world: World) -> None:
    keeper = Keeper(None)
    seen: list[tuple[str, ...]] = []
    world.hook = lambda effect: seen.append((effect, *keeper.dropped))
    pipeline(
        world,
        *map(step, FAMILY[:3]),
        options=replace(OPTIONS, prune=True),
        housekeeper=keeper,
    ).run()
    assert sorted(keeper.dropped) == ["a", "b", "c"]
    assert all("b" not in dropped for effect, *dropped in seen if effect.endswith("build c"))


def test_without_prune_nothing_is_dropped(world: World) -> None:
    keeper = Keeper(None)
    pipeline(world, step(image("a")), housekeeper=keeper).run()
    assert keeper.dropped == []
