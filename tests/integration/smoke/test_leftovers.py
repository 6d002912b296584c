"""Containers of dead runs are removed from a real engine, those of living ones are not."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import docker
import pytest
from docker.errors import NotFound

from tests.bed import images
from tests.integration.smoke.bench import Bench, built_image
from tfimages_action.adapters.smoke.checker import Smoke
from tfimages_action.adapters.smoke.place import Place
from tfimages_action.core.config.checks import FileCheck
from tfimages_action.leftovers.owner import LABEL_EXPIRES, LABEL_OWNER, this_owner

pytestmark = pytest.mark.engine


def test_what_a_dead_run_left_is_swept_and_a_living_ones_is_not(
    client: docker.DockerClient, base: str, tmp_path: Path
) -> None:
    home = this_owner(None).split(":")[1]
    later = str(int(time.time()) + 3600)
    dead = client.containers.create(
        base, labels={LABEL_OWNER: f"process:{home}:1:12345", LABEL_EXPIRES: later}
    )
    alive = client.containers.create(
        base, labels={LABEL_OWNER: "process:another-boot/4026531836:1:1", LABEL_EXPIRES: later}
    )
    try:
        Smoke(client, artifacts=tmp_path, place=Place()).check(
            built_image(client, base, FileCheck(path="/etc")), log=print, stop=threading.Event()
        )
        left = {container.id for container in client.containers.list(all=True, ignore_removed=True)}
    finally:
        for container in (dead, alive):
            with suppress(NotFound):
                container.remove(force=True)
    assert dead.id not in left
    assert alive.id in left


_HANGS = """
import sys, threading
from pathlib import Path
import docker
from tests.integration.smoke.bench import built_image
from tfimages_action.adapters.smoke.checker import Smoke
from tfimages_action.adapters.smoke.place import Place
from tfimages_action.core.config.checks import CommandCheck
client = docker.DockerClient(base_url=sys.argv[3])
built = built_image(client, sys.argv[1], CommandCheck(argv=("sleep", "600")))
smoke = Smoke(client, artifacts=Path(sys.argv[2]), place=Place())
smoke.check(built, log=print, stop=threading.Event())
"""


def test_a_killed_check_is_swept_by_the_next(bench: Bench, tmp_path: Path) -> None:
    tag = bench.child(tmp_path, "RUN echo killed >/killed")

    def left() -> set[str]:
        found = bench.client.containers.list(
            ignore_removed=True, filters={"label": LABEL_OWNER, "ancestor": tag}
        )
        return {str(one.id) for one in found}

    argv = [sys.executable, "-c", _HANGS, tag, str(tmp_path), bench.engine.host]
    with subprocess.Popen(argv, env={"PATH": "/usr/bin", "PYTHONPATH": str(images.ROOT)}) as run:
        while not left():
            assert run.poll() is None
            time.sleep(0.2)
        # Now, for a check in another worker may sweep it as soon as its run is dead.
        (orphan,) = left()
        run.kill()
    result, _ = bench.check(tag, FileCheck(path="/killed"))
    assert result.ok
    assert orphan not in left()
