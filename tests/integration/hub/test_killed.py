"""A run that is killed amid its switch: what is served stays good, and the next run finishes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.integration.hub.world import USER, World
from tfimages_action.adapters.hub.switch import PREFIX
from tfimages_action.core import flist_name

OLD, NEW = "v1", "v2"


def leftovers(world: World) -> list[str]:
    listing = world.client().listing(USER) or ()
    return [entry.name for entry in listing if entry.name.startswith(PREFIX)]


@pytest.mark.parametrize(
    ("when", "number", "stable", "release"),
    [
        ("before", 1, OLD, None),
        ("after", 1, OLD, NEW),
        ("before", 2, OLD, NEW),
        ("after", 2, NEW, NEW),
    ],
)
def test_a_kill_around_the_renames(
    world: World, when: str, number: int, stable: str, release: str | None
) -> None:
    """The release's name is renamed first, then the stable one; before each a link is made."""
    world.publish(world.push(OLD), OLD)
    source = world.push(NEW)
    converter = world.converter()
    flist = world.verify(converter, source, world.convert(converter, source))
    names = [flist_name.of_release(world.stable, NEW), world.stable]
    command = [sys.executable, "-m", "tests.integration.hub.dying_switch", world.standin.url]
    with world.watched() as seen:
        died = subprocess.run(
            [*command, flist.name, when, str(number), *names],
            env={**os.environ, "TFHUB_TOKEN": world.standin.tokens.issue(USER)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert died.returncode == -signal.SIGKILL, died.stderr
        assert world.served() == stable
        assert world.served(names[0]) == release
        assert len(leftovers(world)) == (when == "before")
        world.standin.set_skew(7200)
        world.standin.storage.skew_s = 0  # what is left was made two hours ago, by the Hub's clock
        assert world.publish(source, NEW).verified
    assert world.served() == world.served(names[0]) == NEW
    assert leftovers(world) == []
    assert seen <= {OLD, NEW}
