"""A docker-container builder, and sessions that build by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol

import pytest

from tests.bed.bases import BaseImage
from tests.bed.container_builder import ContainerBuilder, buildkit_image, container_builder
from tests.bed.engine import Engine
from tests.bed.registry import Registry
from tests.integration.engine.work import Bench
from tfimages_action.adapters.engine.session import EngineSession, engine_session
from tfimages_action.adapters.registry.client import RegistryClient


class Opening(Protocol):
    """`engine_session` on the engine and the builder of these tests."""

    def __call__(self, **how: Any) -> AbstractContextManager[EngineSession]: ...


@pytest.fixture(scope="session")
def builder(
    engine: Engine, base_image: BaseImage, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ContainerBuilder]:
    """Run one builder for all: as in a job, its cache goes on from run to run."""
    assert base_image.image_id
    config = tmp_path_factory.mktemp("buildx")
    with container_builder(engine, buildkit_image(engine), config) as made:
        yield made


@pytest.fixture(scope="session")
def base(engine: Engine, base_image: BaseImage, registry: Registry) -> str:
    """Return the Debian base by a name under which the builder can pull it."""
    name = f"{registry.host}/library/{base_image.reference}"
    engine.docker("tag", base_image.image_id, name)
    engine.docker("push", "--quiet", name)
    engine.docker("rmi", name)
    return name


@pytest.fixture(params=["by its name", "by the container"])
def open_session(request: pytest.FixtureRequest, builder: ContainerBuilder) -> Opening:
    """Return how to open a session: as someone at home names a builder, and as a job does."""
    known = request.param == "by its name"
    return partial(
        engine_session,
        environment={"DOCKER_HOST": builder.engine.host},
        registry=RegistryClient(),
        builder=builder.name,
        user_buildx=builder.config if known else None,
    )


@pytest.fixture
def bench(open_session: Opening, engine: Engine, registry: Registry) -> Iterator[Bench]:
    """Return a session that builds by the builder."""
    with open_session() as session:
        yield Bench(session=session, engine=engine, known_registry=registry)
