"""An estimate is what a run with just those durations takes, in the run's own slots."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.standins.plans import image, step
from tfimages_action.core.plan.model import Action, Plan, Step
from tfimages_action.core.run.report import Stage
from tfimages_action.pipeline.estimate import estimate_s
from tfimages_action.pipeline.options import Options

OPTIONS = Options(max_parallel=2)


def plan(*steps: Step) -> Plan:
    return Plan(current="v2", previous="v1", steps=steps)


def took(name: str, build: float) -> dict[tuple[str, Stage], float]:
    """Of each stage but the build one second."""
    return {**{(name, stage): 1.0 for stage in Stage}, (name, Stage.BUILD): build}


def test_a_chain_takes_its_builds_one_after_another() -> None:
    chain = plan(step(image("a")), step(image("b", "a")))
    # Build and check of both, then push, conversion, proof and names of the last.
    known = {**took("a", 60.0), **took("b", 30.0)}
    assert estimate_s(chain, known, OPTIONS) == 60 + 1 + 30 + 1 + 4


def test_more_images_than_slots_wait_for_one() -> None:
    three = plan(*(step(image(name)) for name in "abc"))
    known = {**took("a", 60.0), **took("b", 60.0), **took("c", 60.0)}
    assert estimate_s(three, known, OPTIONS) == pytest.approx(126, abs=1)
    assert estimate_s(three, known, replace(OPTIONS, max_parallel=3)) == pytest.approx(66, abs=2)


def test_what_is_not_built_takes_no_time() -> None:
    known = {**took("a", 60.0), **took("b", 500.0)}
    two = plan(step(image("a")), step(image("b"), Action.SKIP))
    assert estimate_s(two, known, OPTIONS) == 65


def test_a_new_image_takes_as_long_as_most() -> None:
    names = {"a": 10.0, "b": 20.0, "c": 900.0}
    known = {key: s for name, build in names.items() for key, s in took(name, build).items()}
    every = plan(*(step(image(name)) for name in (*names, "new")))
    wide = replace(OPTIONS, max_parallel=9)
    assert estimate_s(every, known, wide) == estimate_s(plan(*every.steps[:3]), known, wide)
    alone = plan(*every.steps, *(step(image(f"new-{n}")) for n in range(9)))
    assert estimate_s(alone, known, wide) is None


def test_a_run_without_a_hub_is_guessed_without_one() -> None:
    known = {("a", Stage.BUILD): 60.0, ("a", Stage.CHECK): 5.0}
    assert estimate_s(plan(step(image("a"))), known, OPTIONS) == 65


def test_nothing_known_or_nothing_to_build_is_no_guess() -> None:
    assert estimate_s(plan(step(image("a"))), {}, OPTIONS) is None
    assert estimate_s(plan(), took("a", 3.0), OPTIONS) is None


def test_a_stage_above_today_s_time_limit_is_still_counted() -> None:
    short = replace(OPTIONS, build_timeout_s=10.0)
    assert estimate_s(plan(step(image("a"))), took("a", 60.0), short) == 65
