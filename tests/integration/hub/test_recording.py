"""The recorded root: one small push, read by strangers, and what an address is held against."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.integration.hub.test_vm import INITRD, KERNEL, LINK, archive
from tests.integration.hub.world import QUICK, USER, FixedProbe, World
from tests.standins.hub import flists
from tfimages_action.adapters.hub import public
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.adapters.registry.flist_records import FlistRecorder
from tfimages_action.core.published import flist_record
from tfimages_action.core.run.work import Published, Visibility
from tfimages_action.doors import terminal
from tfimages_action.doors.hub.step import run_hub_step
from tfimages_action.errors import RegistryError, StageError


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "Timing", lambda: QUICK)


def name_it(world: World, source: Published, tag: str | None = None) -> str:
    """Give the image a tag, the moving one by default, as the end of a run does."""
    name = world.image.reference.with_tag(tag or "24.04")
    RegistryClient().give_name(source.references[0].with_digest(source.digest), name)
    return str(name)


def verify(world: World, *arguments: str) -> Result:
    environment = {"TFIMAGES_HUB_URL": world.standin.url, "TFHUB_TOKEN": ""}
    return CliRunner(env=environment).invoke(terminal.app, ["verify", *arguments])


def address(world: World, name: str | None = None) -> str:
    return f"{world.standin.url}/{USER}/{name or world.stable}"


def puts(world: World) -> int:
    return sum(access.method == "PUT" for access in world.registry.accesses())


def test_the_same_again_changes_nothing(world: World) -> None:
    source = world.push("v1")
    flist = world.publish(source, "v1")
    place = flist_record.place(world.image.reference, source.digest)
    assert flist.record == str(place)
    before, digest = puts(world), RegistryClient().digest(place)
    recorder = FlistRecorder(RegistryClient(), FixedProbe(), version="v2")
    recorder.record(world.image, source.digest, flist, log=world.lines.append)
    assert puts(world) == before
    assert RegistryClient().digest(place) == digest
    record = world.recorded(source)
    assert record is not None
    assert (record.root, record.digest) == (flist.merkle_root, source.digest)
    assert (record.name, record.address) == (flist.name, flist.address)


def test_anyone_can_hold_an_address_against_the_record(world: World) -> None:
    source = world.push("v1")
    flist = world.publish(source, "v1")
    image = name_it(world, source)
    for name in (world.stable, flist.name):
        result = verify(world, address(world, name), "--image", image, "--json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.output)["record"]["root"] == flist.merkle_root
    assert "as recorded in" in verify(world, f"{USER}/{world.stable}", "--image", image).output
    file = world.standin.storage.folder(USER) / flist.name
    made = flists.read(file.read_bytes())
    assert made is not None
    file.write_bytes(flists.part(made).content)
    result = verify(world, address(world), "--image", image)
    assert isinstance(result.exception, StageError)
    assert "is another flist" in result.exception.message
    assert flist.merkle_root in result.exception.message


def test_an_older_release_put_back_is_another_flist(world: World) -> None:
    old, new = world.push("v1"), world.push("v2")
    kept = world.publish(old, "v1")
    world.publish(new, "v2")
    image = name_it(world, new)
    assert verify(world, address(world), "--image", image).exit_code == 0
    client = world.client()
    client.delete(world.stable)
    client.link(kept.name, world.stable)
    assert "another flist" in str(verify(world, address(world), "--image", image).exception)
    assert verify(world, address(world), "--image", name_it(world, old, "24.04-v1")).exit_code == 0


def test_a_full_vm_is_found_by_its_content_name(world: World, tmp_path: Path) -> None:
    source = archive(world, tmp_path, KERNEL, LINK, INITRD)
    flist = world.publish(source, "v1")
    repository = world.image.reference.name
    result = verify(world, address(world), "--image", repository)
    assert result.exit_code == 0, result.exception
    assert f"{source.sha256[:12]}.flist" in result.output
    environment = {
        "INPUT_ACTION": "verify",
        "INPUT_NAME": address(world),
        "INPUT_TARGET": repository,
        "INPUT_HUB-URL": world.standin.url,
    }
    said: list[str] = []
    assert run_hub_step(environment, write=said.append) == 0
    assert flist.merkle_root in said[0]
    assert run_hub_step({**environment, "INPUT_TARGET": "v1:00"}, write=said.append) == 1


def test_what_has_no_record_is_said(world: World) -> None:
    source = world.push("v1")
    converter = world.converter()
    flist = world.verify(converter, source, world.convert(converter, source))
    world.switch(converter, flist, "v1")
    image = name_it(world, source)
    assert "no root is recorded in" in str(
        verify(world, address(world), "--image", image).exception
    )
    elsewhere = f"{world.registry.host}/none:1"
    RegistryClient().give_name(
        source.references[0].with_digest(source.digest),
        flist_record.place(world.image.reference, source.digest),
    )
    wrong = verify(world, address(world), "--image", image).exception
    assert isinstance(wrong, RegistryError)
    assert "something else than the record" in wrong.message
    result = verify(world, address(world), "--image", elsewhere)
    assert "no root is recorded in" in str(result.exception)
    assert "no image name" in str(verify(world, address(world), "--image", "A/B").exception)


def test_a_record_that_nobody_can_read_is_warned_of(world: World) -> None:
    source = world.push("v1")
    flist = world.publish(source, "v1")
    recorder = FlistRecorder(RegistryClient(), FixedProbe(Visibility.PRIVATE))
    made = recorder.record(world.image, source.digest, flist, log=world.lines.append)
    assert any("make the package public" in warning for warning in made.warnings)


def test_a_registry_that_takes_no_record_costs_a_warning(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = world.push("v1")
    flist = replace(world.publish(source, "v1"), merkle_root="v1:" + "1" * 64)

    def refuse(*_: object, **__: object) -> str:
        raise StageError("MANIFEST_INVALID", hint="see its page")

    client = RegistryClient()
    monkeypatch.setattr(client, "upload", refuse)
    recorder = FlistRecorder(client, FixedProbe())
    made = recorder.record(world.image, source.digest, flist, log=world.lines.append)
    assert made.record == ""
    assert "could not be recorded: MANIFEST_INVALID; see its page" in made.warnings[-1]
