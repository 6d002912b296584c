"""Every way in which the Hub was seen to fail: docs/hub.md has the table that this proves.

After each fault the stable address serves the old good flist or the new good one and never
anything else, the outcome tells the truth, and a later run converges.
"""

from __future__ import annotations

import re

import pytest

from tests.integration.hub.fault_rows import ROWS, SAME, Row
from tests.integration.hub.world import World
from tests.standins.hub.faults import ALWAYS, Fault
from tfimages_action.core import flist_name
from tfimages_action.errors import TfImagesError

OLD, NEW = "v1", "v2"


ONCE = [row for row in ROWS if row.fault and row.once]
LASTING = [row for row in ROWS if row.fault and row.ends]
HARMLESS = [row for row in ROWS if row.fault and row.lasting == SAME]


def identified(row: Row) -> str:
    return str(row.fault)


@pytest.mark.parametrize("row", ONCE, ids=identified)
def test_a_fault_that_passes(world: World, row: Row) -> None:
    assert row.fault
    world.publish(world.push(OLD), OLD)
    source = world.push(NEW)
    asked = len(world.standin.workshop.conversions.asked)
    with world.watched() as seen:
        world.standin.faults.inject(row.fault)
        flist = world.publish(source, NEW)
        world.standin.settle()
    assert flist.verified
    assert world.served() == NEW
    assert world.served(flist_name.of_release(world.stable, NEW)) == NEW
    assert seen <= {OLD, NEW}
    assert bool(row.first) == bool(re.findall(row.first or "$^", "\n".join(world.lines)))
    conversions = world.standin.workshop.conversions
    assert len(conversions.asked) - asked == row.conversions
    assert set(conversions.most_at_once.values()) == {1}


@pytest.mark.parametrize("row", LASTING, ids=identified)
def test_a_fault_that_stays_for_a_run(world: World, row: Row) -> None:
    assert row.fault
    world.publish(world.push(OLD), OLD)
    source = world.push(NEW)
    converter = world.converter()
    world.standin.faults.inject(row.fault, ALWAYS)
    with pytest.raises(TfImagesError, match=row.ends):
        world.publish(source, NEW, converter)
    world.standin.faults.clear()
    assert world.served() == OLD == row.serves
    with world.watched() as seen:
        assert world.publish(source, NEW).verified
    assert world.served() == NEW
    assert seen <= {OLD, NEW}


@pytest.mark.parametrize("row", HARMLESS, ids=identified)
def test_a_fault_that_stays_and_costs_nothing(world: World, row: Row) -> None:
    assert row.fault
    world.publish(world.push(OLD), OLD)
    source = world.push(NEW)
    world.standin.faults.inject(row.fault, ALWAYS)
    with world.watched() as seen:
        assert world.publish(source, NEW).verified
        world.standin.settle()
    assert world.served() == NEW == row.serves
    assert seen <= {OLD, NEW}


@pytest.mark.parametrize("skew_s", [-7200, 7200])
def test_a_clock_that_is_wrong(world: World, skew_s: int) -> None:
    world.standin.set_skew(skew_s)
    world.publish(world.push(OLD), OLD)
    world.standin.faults.inject(Fault.PARTIAL_500)
    assert world.publish(world.push(NEW), NEW).verified
    assert world.served() == NEW


def test_a_content_name_that_is_taken_by_a_link(world: World) -> None:
    old = world.push(OLD)
    world.publish(old, OLD)
    source = world.push(NEW)
    client = world.client()
    client.link(world.content(old), world.content(source))
    with pytest.raises(TfImagesError, match=r"is a link to .*tfimages hub delete") as caught:
        raise TfImagesError(_rendered(world, source))
    assert not caught.value.transient
    assert world.served() == OLD
    client.delete(world.content(source))
    assert world.publish(source, NEW).verified
    assert world.served() == NEW


def test_a_stable_name_that_is_a_file_of_the_old_way(world: World) -> None:
    old = world.push(OLD)
    converter = world.converter()
    world.convert(converter, old)
    client = world.client()
    client.rename(world.content(old), world.stable)
    assert world.served() == OLD
    with world.watched() as seen:
        world.publish(world.push(NEW), NEW)
    assert world.served() == NEW
    assert seen <= {OLD, NEW}


def _rendered(world: World, source: object) -> str:
    with pytest.raises(TfImagesError) as caught:
        world.publish(source, NEW)  # type: ignore[arg-type]
    return caught.value.render().replace("\n", " ")
