"""The images of runs that were killed go with the next run; nobody else's do."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.engine.work import Bench
from tfimages_action.adapters.engine import names
from tfimages_action.adapters.engine.session import engine_session
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.leftovers.owner import stamp

_ROOT = Path(__file__).parents[3]
FILES = {"app/Dockerfile": "FROM scratch\nCOPY x /x\n", "app/x": "x\n"}


@contextmanager
def tagged(bench: Bench, source: str, *tags: str) -> Iterator[None]:
    try:
        for tag in tags:
            bench.engine.docker("tag", source, tag)
        yield
    finally:
        for tag in tags:
            bench.engine.docker("rmi", tag, check=False)


def test_a_dead_runs_images_go_and_all_others_stay(classic: Bench) -> None:
    built, own = classic.build(FILES), f"names/{uuid.uuid4().hex}/x:latest"
    home, now = stamp().split(".")[0], f"{int(time.time()):x}"
    dead = f"{names.LOCAL_HOST}/run-{home}.0.1-{now}-ab/{own}"
    old = f"{names.LOCAL_HOST}/run-00000000.1.1-1-ab/{own}"
    others = (
        f"{names.LOCAL_HOST}/run-{stamp()}-{now}-ab/{own}",
        f"{names.LOCAL_HOST}/run-00000000.1.1-{now}-ab/{own}",
        f"{names.LOCAL_HOST}/kept-{now}-ab/{own}",
        f"{names.LOCAL_HOST}/r12345678/{own}",
    )
    with tagged(classic, built.local, dead, old, *others):
        names.sweep(classic.session.connection)
        listed = classic.engine.text("image", "ls", "--format={{.Repository}}:{{.Tag}}")
        assert {name for name in listed.splitlines() if own in name} == set(others)


_HANGS = """
import os, sys, time
from tests.bed.engine import default_engine
from tests.integration.engine.work import Bench
from tests.integration.engine.test_names import FILES
from tfimages_action.adapters.engine.session import engine_session
from tfimages_action.adapters.registry.client import RegistryClient
with engine_session(environment=os.environ, registry=RegistryClient()) as session:
    built = Bench(session=session, engine=default_engine()).build(FILES)
    print(built.local, flush=True)
    time.sleep(600)
"""


def test_a_killed_run_leaves_no_image_and_no_folder_behind_the_next(
    classic: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {
        **os.environ,
        "DOCKER_HOST": classic.engine.host,
        "PYTHONPATH": str(_ROOT),
        "TMPDIR": str(tmp_path),
    }
    argv = [sys.executable, "-c", _HANGS]
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        local = run.stdout.readline().strip()
        # Now, for a run in another worker may sweep it as soon as its own is dead.
        assert classic.engine.text("image", "ls", "-q", local)
        run.kill()
    assert list(tmp_path.glob("*/docker/config.json"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with engine_session(
        environment={"DOCKER_HOST": classic.engine.host}, registry=RegistryClient()
    ):
        assert not classic.engine.text("image", "ls", "-q", local)
        assert len(list(tmp_path.glob("*/docker/config.json"))) == 1
    assert list(tmp_path.iterdir()) == []
