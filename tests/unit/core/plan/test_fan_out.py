"""Waves of legs: what stands on nothing of this run first, at most 256 legs, at most 8 waves."""

import pytest

from tests.standins.plans import image, step
from tfimages_action.core.plan.fan_out import MAX_LEGS, MAX_WAVES, fan_out
from tfimages_action.core.plan.model import Action, Plan, ReasonKind, Step
from tfimages_action.errors import SettingsError


def plan(*steps: Step) -> Plan:
    return Plan(current="v2", previous="v1", steps=steps)


def chain(length: int) -> Plan:
    names = [f"i{number}" for number in range(length)]
    parents = [(), *((name,) for name in names)]
    return plan(*(step(image(name, *above)) for name, above in zip(names, parents, strict=False)))


def test_children_come_a_wave_later() -> None:
    found = fan_out(
        plan(step(image("base")), step(image("a", "base")), step(image("b", "base", "a")),
             step(image("alone")))
    )  # fmt: skip
    assert [set(wave) for wave in found] == [{"base", "alone"}, {"a"}, {"b"}]


def test_what_is_left_as_it_is_has_no_leg() -> None:
    skipped = step(image("base"), Action.SKIP, kind=ReasonKind.UP_TO_DATE)
    assert fan_out(plan(skipped, step(image("a", "base")))) == (("a",),)
    assert fan_out(plan(skipped)) == ()


def test_what_only_needs_its_names_has_a_leg_before_its_children() -> None:
    promoted = step(image("base"), Action.CONVERT, kind=ReasonKind.PROMOTED)
    assert fan_out(plan(promoted, step(image("a", "base")))) == (("base",), ("a",))


@pytest.mark.parametrize(
    ("images", "legs", "longest"), [(256, 256, 1), (257, 256, 2), (600, 256, 3)]
)
def test_beyond_the_limit_a_leg_has_several_images(images: int, legs: int, longest: int) -> None:
    names = {f"i{number}" for number in range(images)}
    (wave,) = fan_out(plan(*(step(image(name)) for name in sorted(names))))
    assert len(wave) == legs <= MAX_LEGS
    parts = [leg.split(",") for leg in wave]
    assert max(map(len, parts)) == longest
    assert sorted(name for part in parts for name in part) == sorted(names)


def test_a_graph_too_deep_names_the_one_job_mode() -> None:
    assert len(fan_out(chain(MAX_WAVES))) == MAX_WAVES
    with pytest.raises(SettingsError, match="9 levels deep") as caught:
        fan_out(chain(MAX_WAVES + 1))
    assert "one-job mode" in caught.value.hint
