"""The proof with a real engine's export: what the stand-in makes of layers is what docker does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bed.engine import Engine
from tests.integration.hub.world import World
from tfimages_action.adapters.engine.session import engine_session
from tfimages_action.adapters.hub.choices import ConvertBy
from tfimages_action.adapters.hub.converter import HubConverter
from tfimages_action.adapters.hub.ports import ImageSource
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.adapters.registry.probe import StrangersProbe
from tfimages_action.core.work import Published


@pytest.fixture
def images(engine: Engine) -> Iterator[ImageSource]:
    with engine_session(
        environment={"DOCKER_HOST": engine.host}, registry=RegistryClient()
    ) as session:
        yield session.source


@pytest.mark.parametrize("convert_by", list(ConvertBy))
def test_real_parts_agree(
    world: World, engine: Engine, images: ImageSource, convert_by: ConvertBy
) -> None:
    source = world.push("v1")
    fake = world.converter(convert_by=convert_by)
    converter = HubConverter(world.client(), images, StrangersProbe(), fake.choices)
    try:
        flist = world.publish(source, "v1", converter)
    finally:
        _forget(engine, source)
    assert flist.verified
    assert world.served() == "v1"
    assert not [line for line in world.lines if "warning" in line]


def _forget(engine: Engine, source: Published) -> None:
    name = source.references[0]
    pulled = engine.text("images", "--quiet", f"{name.name}@{source.digest}").split()
    for image in pulled:
        engine.docker("rmi", "--force", image)
