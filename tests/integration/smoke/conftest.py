"""An engine with deb-base in it, and a checker that leaves nothing there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.bed import images
from tests.bed.bases import BaseImage
from tests.bed.engine import Engine
from tests.integration.smoke.bench import Bench, ours
from tfimages_action.adapters.smoke.checker import Smoke
from tfimages_action.adapters.smoke.place import Place


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[docker.DockerClient]:
    made = docker.DockerClient(base_url=engine.host, timeout=120)
    yield made
    made.close()


@pytest.fixture(scope="module")
def base(engine: Engine, base_image: BaseImage) -> str:
    assert base_image.reference
    return images.deb_base(engine)


@pytest.fixture
def bench(engine: Engine, client: docker.DockerClient, base: str, smoke: Smoke) -> Iterator[Bench]:
    assert base
    made = Bench(engine, client, smoke)
    yield made
    made.close()


@pytest.fixture
def smoke(client: docker.DockerClient, tmp_path: Path) -> Iterator[Smoke]:
    yield Smoke(client, artifacts=tmp_path, place=Place())
    assert not ours(client)
