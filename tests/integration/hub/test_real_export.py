"""The proof with a real engine's export: what the stand-in makes of layers is what docker does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bed.engine import Engine
from tests.integration.hub.world import QUICK, USER, World
from tests.standins.hub.faults import Fault
from tfimages_action.adapters.engine.session import engine_session
from tfimages_action.adapters.hub import byhand, choices
from tfimages_action.adapters.hub.choices import ConvertBy
from tfimages_action.adapters.hub.converter import HubConverter
from tfimages_action.adapters.hub.ports import ImageSource
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.adapters.registry.probe import StrangersProbe
from tfimages_action.core.run.work import Published
from tfimages_action.doors import terminal
from tfimages_action.errors import ExitCode


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


def test_the_terminal_converts_and_proves(
    world: World,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`tfimages hub convert --verify full`; a flist that is cut twice never gets the name."""
    monkeypatch.setattr(byhand, "Timing", lambda: QUICK)
    monkeypatch.setattr(choices, "Timing", lambda: QUICK)
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    monkeypatch.setenv("TFHUB_TOKEN", world.standin.tokens.issue(USER))
    monkeypatch.setenv("TFIMAGES_HUB_URL", world.standin.url)
    sources = [world.push("v1"), world.push("v2")]

    def convert(source: Published) -> int:
        image = str(world.image.reference.with_tag(str(source.references[0].tag)))
        return terminal.run(["hub", "convert", image, "--name", "mine.flist", "--verify", "full"])

    try:
        assert convert(sources[0]) == 0
        assert capsys.readouterr().out == f"{world.standin.url}/{USER}/mine.flist (proved)\n"
        world.standin.faults.inject(Fault.CUT_ARCHIVE, 2)
        assert convert(sources[1]) == ExitCode.FAILED
        said = capsys.readouterr()
        assert said.out == ""
        assert f"is not {world.image.reference.name}" in said.err
        assert "missing" in said.err
        assert "mine.flist serves what it served before" in said.err
        assert world.served("mine.flist") == "v1"
        # The cut one still stands where the next try makes it: it is judged, and made anew.
        assert convert(sources[1]) == 0
        assert world.served("mine.flist") == "v2"
    finally:
        for source in sources:
            _forget(engine, source)


def _forget(engine: Engine, source: Published) -> None:
    # By its name, not by its id: another worker's image of the same content has that id too.
    pulled = f"{source.references[0].name}@{source.digest}"
    if engine.text("images", "--quiet", pulled):
        engine.docker("rmi", pulled)
