"""Pruning lists first, and spares whatever anything leads to."""

from __future__ import annotations

from tests.integration.hub.world import STRANGER, USER, World
from tfimages_action.adapters.hub.pruning import plan_pruning, prune
from tfimages_action.core import flist_name


def test_old_releases_go_and_what_is_reached_stays(world: World) -> None:
    sources = [world.push(f"v{n}") for n in range(1, 6)]
    for number, source in enumerate(sources, 1):
        world.publish(source, f"v{number}")
    contents = [world.content(source) for source in sources]
    client, stranger = world.client(), world.client(STRANGER)
    client.tag("keep", "x.flist", USER, contents[0])
    stranger.crosslink("mine.flist", USER, contents[1])
    before = {entry.name for entry in client.listing(USER) or ()}

    pruning = plan_pruning(client, [world.image], keep_versions=2)
    assert {entry.name for entry in client.listing(USER) or ()} == before
    old = tuple(flist_name.of_release(world.stable, f"v{n}") for n in (1, 2, 3))
    assert pruning.links == old
    assert pruning.flists == (contents[2],)
    spared = dict(pruning.spared)
    assert spared[contents[0]] == f"{USER}'s tag keep"
    assert spared[contents[1]] == f"{STRANGER}/mine.flist"
    assert {contents[3], contents[4]} <= spared.keys()

    prune(client, pruning, log=world.lines.append)
    after = {entry.name for entry in client.listing(USER) or ()}
    assert before - after == {*old, contents[2]}
    assert world.served() == "v5"
    assert world.served(flist_name.of_release(world.stable, "v4")) == "v4"


def test_versions_are_ordered_as_versions(world: World) -> None:
    for version in ("v9", "v10"):
        world.publish(world.push("v1" if version == "v9" else "v2"), version)
    pruning = plan_pruning(world.client(), [world.image], keep_versions=1)
    assert pruning.links == (flist_name.of_release(world.stable, "v9"),)
