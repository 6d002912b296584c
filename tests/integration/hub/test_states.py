"""What planning is told of flists: those that are there, and that nobody answered."""

from __future__ import annotations

from dataclasses import replace

from tests.integration.hub.world import USER, World
from tfimages_action.adapters.hub.states import flist_states
from tfimages_action.core.published.record import FlistState
from tfimages_action.core.run.work import Published


def test_planning_is_told_what_is_there(world: World) -> None:
    old, new = world.push("v1"), world.push("v2")
    client = world.client()

    def state(source: Published) -> FlistState:
        return flist_states(client, USER, [(world.image, source.digest)])[world.image.name]

    assert state(old) is FlistState.ABSENT
    world.publish(old, "v1")
    assert state(old) is FlistState.READY
    assert state(new) is FlistState.ABSENT
    world.publish(new, "v2")
    assert (state(old), state(new)) == (FlistState.UNLINKED, FlistState.READY)
    gone = replace(world.image, flist="other.flist")
    assert flist_states(client, USER, [(gone, new.digest)])[gone.name] is FlistState.UNLINKED


def test_planning_is_told_that_nobody_answered(world: World) -> None:
    client = world.client()
    world.standin.stop()
    states = flist_states(client, USER, [(world.image, "sha256:" + "0" * 64)])
    assert states == {world.image.name: FlistState.UNKNOWN}
