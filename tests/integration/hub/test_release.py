"""A release is gathered under a tag."""

from __future__ import annotations

import requests

from tests.integration.hub.world import USER, World
from tfimages_action.adapters.hub.release import gather


def test_a_release_is_gathered_under_a_tag_that_stays(world: World) -> None:
    world.publish(world.push("v1"), "v1")
    client = world.client()
    gathered = gather(client, "v1", [world.stable, "never-made.flist"], log=world.lines.append)
    assert gathered == (world.stable,)
    world.publish(world.push("v2"), "v2")
    tagged = requests.get(f"{world.standin.url}/{USER}/tags/v1/{world.stable}", timeout=30)
    assert tagged.status_code == 200
    assert world.served(f"tags/v1/{world.stable}") == "v1"
