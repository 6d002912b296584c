"""Sessions on both engines, and images to build: tiny ones, on nothing or on the Debian base."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.bed.bases import BaseImage
from tests.bed.engine import Engine
from tests.bed.registry import Registry
from tests.integration.engine.work import Bench
from tfimages_action.adapters.engine.session import engine_session
from tfimages_action.adapters.registry.client import RegistryClient


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture(scope="session")
def classic(engine: Engine, base_image: BaseImage, registry: Registry) -> Iterator[Bench]:
    """Return a session on the machine's own engine, with the classic image store."""
    assert base_image.image_id
    with engine_session(
        environment={"DOCKER_HOST": engine.host}, registry=RegistryClient()
    ) as session:
        yield Bench(session=session, engine=engine, known_registry=registry)


@pytest.fixture(scope="session")
def containerd(
    containerd_engine: Engine, second_base: BaseImage, registry: Registry
) -> Iterator[Bench]:
    """Return a session on the second engine, with the containerd image store."""
    assert second_base.image_id
    with engine_session(
        environment={"DOCKER_HOST": containerd_engine.host}, registry=RegistryClient()
    ) as session:
        yield Bench(session=session, engine=containerd_engine, known_registry=registry)


@pytest.fixture(params=["classic", "containerd"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Return the same on either image store: the tests that take it run on both."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Bench)
    return found
