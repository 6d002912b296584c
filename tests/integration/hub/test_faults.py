"""Every way in which the Hub was seen to fail: docs/hub.md has the table that this proves.

After each fault the stable address serves the old good flist or the new good one and never
anything else, the outcome tells the truth, and a later run converges.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.integration.hub.world import World
from tests.standins.hub.faults import ALWAYS, Fault
from tfimages_action.core import flist_name
from tfimages_action.errors import TfImagesError

OLD, NEW = "v1", "v2"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A fault that happens once, in the run that publishes v2 over v1."""

    fault: Fault
    message: str = ""
    """What the first try fails with, if it does."""
    conversions: int = 1
    """How many the whole run asks for."""


ONCE = [
    Case(fault=Fault.STORAGE_DOWN, message="empty or in part", conversions=2),
    Case(fault=Fault.PARTIAL_500, message="is not ubuntu:24.04", conversions=2),
    Case(fault=Fault.CUT_ARCHIVE, message="is not ubuntu:24.04", conversions=2),
    Case(fault=Fault.LOST_COMMIT, message="there is no such flist", conversions=2),
    Case(fault=Fault.WRITTEN_500),
    Case(fault=Fault.HTML_500, message="500, an HTML page", conversions=2),
    Case(fault=Fault.PULL_FAILED, message="could not pull this image", conversions=2),
    Case(fault=Fault.PROXY_502),
    Case(fault=Fault.PROXY_504),
    Case(fault=Fault.RESET),
    Case(fault=Fault.RESET_EARLY),
    Case(fault=Fault.CUT_DOWNLOAD),
    Case(fault=Fault.MISSING_DOWNLOAD),
    Case(fault=Fault.MISPLACED_LINK),
    Case(fault=Fault.RENAME_LOST),
    Case(fault=Fault.RENAME_RESET),
]


@pytest.mark.parametrize("case", ONCE, ids=lambda case: case.fault.value)
def test_a_fault_that_passes(world: World, case: Case) -> None:
    world.publish(world.push(OLD), OLD)
    source = world.push(NEW)
    asked = len(world.standin.workshop.conversions.asked)
    with world.watched() as seen:
        world.standin.faults.inject(case.fault)
        flist = world.publish(source, NEW)
        world.standin.settle()
    assert flist.verified
    assert world.served() == NEW
    assert world.served(flist_name.of_release(world.stable, NEW)) == NEW
    assert seen <= {OLD, NEW}
    assert bool(case.message) == bool(re.findall(case.message or "$^", "\n".join(world.lines)))
    conversions = world.standin.workshop.conversions
    assert len(conversions.asked) - asked == case.conversions
    assert set(conversions.most_at_once.values()) == {1}


LASTING = [
    (Fault.STORAGE_DOWN, "empty or in part"),
    (Fault.PARTIAL_500, "is not ubuntu:24.04"),
    (Fault.CUT_ARCHIVE, "is not ubuntu:24.04"),
    (Fault.LOST_COMMIT, "there is no such flist"),
    (Fault.HTML_500, "500, an HTML page"),
    (Fault.PULL_FAILED, "could not pull this image"),
    (Fault.HANG, "did not appear in"),
    (Fault.CUT_DOWNLOAD, "can't be downloaded whole"),
    (Fault.MISSING_DOWNLOAD, "can't be downloaded whole"),
    (Fault.MISPLACED_LINK, "could not be switched"),
    (Fault.RENAME_LOST, "could not be switched"),
    (Fault.READ_ONLY, "read-only"),
]


@pytest.mark.parametrize(("fault", "message"), LASTING, ids=lambda part: str(part)[:20])
def test_a_fault_that_stays_for_a_run(world: World, fault: Fault, message: str) -> None:
    world.publish(world.push(OLD), OLD)
    source = world.push(NEW)
    converter = world.converter()
    world.standin.faults.inject(fault, ALWAYS)
    with pytest.raises(TfImagesError, match=message):
        world.publish(source, NEW, converter)
    world.standin.faults.clear()
    assert world.served() == OLD
    with world.watched() as seen:
        assert world.publish(source, NEW).verified
    assert world.served() == NEW
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
