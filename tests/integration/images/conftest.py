"""The engine's API, and the turn of the machines.

Machines take the cores and gigabytes that tests elsewhere want: they boot one after another.
"""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from tests.bed import turns
from tests.bed.engine import Engine


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[docker.DockerClient]:
    made = docker.DockerClient(base_url=engine.host, timeout=300)
    yield made
    made.close()


@pytest.fixture
def turn() -> Iterator[None]:
    """Hold the machines' turn for one test."""
    with turns.turn():
        yield
