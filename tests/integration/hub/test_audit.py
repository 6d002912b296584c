"""What was published is read again: what others did to it is found."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from tests.bed.oci import File
from tests.integration.hub.test_vm import INITRD, KERNEL, LINK, archive
from tests.integration.hub.world import USER, World
from tests.standins.hub import flists
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.adapters.registry.records import RecordReader
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.run.report import RunReport
from tfimages_action.core.run.work import FlistSource
from tfimages_action.doors.auditing import AuditRun
from tfimages_action.doors.planning import readers


def audit(world: World, source: FlistSource) -> tuple[str, ...]:
    return world.converter().audit(
        world.image,
        source.digest,
        world.recorded(source),
        log=world.lines.append,
        stop=threading.Event(),
    )


def test_what_was_published_is_still_served(world: World) -> None:
    source = world.push("v1")
    world.publish(source, "v1")
    assert audit(world, source) == ()


def test_nothing_is_served(world: World) -> None:
    assert audit(world, world.push("v1")) == (f"{world.stable} serves nothing",)


def test_an_flist_that_was_overwritten_is_named_by_its_paths(world: World) -> None:
    source = world.push("v1")
    flist = world.publish(source, "v1")
    file = world.standin.storage.folder(USER) / flist.name
    made = flists.read(file.read_bytes())
    assert made is not None
    file.write_bytes(flists.part(made).content)
    assert any(finding.endswith(": missing") for finding in audit(world, source))


def test_an_flist_that_is_none_any_more(world: World) -> None:
    source = world.push("v1")
    flist = world.publish(source, "v1")
    (world.standin.storage.folder(USER) / flist.name).write_bytes(b"junk")
    assert "no flist" in audit(world, source)[0]


def test_a_link_that_leads_elsewhere(world: World) -> None:
    old, new = world.push("v1"), world.push("v2")
    world.publish(old, "v1")
    world.publish(new, "v2")
    findings = audit(world, old)
    assert (
        findings[0] == f"{world.stable} leads to {world.content(new)}, not to {world.content(old)}"
    )
    assert any("/etc/release: content" in finding for finding in findings)


def test_an_flist_without_a_recorded_root_is_held_against_its_image_alone(world: World) -> None:
    source = world.push("v1")
    converter = world.converter()
    flist = world.verify(converter, source, world.convert(converter, source))
    world.switch(converter, flist, "v1")
    assert audit(world, source) == ()
    assert any("no root was recorded" in line for line in world.lines)


def test_another_root_than_the_recorded_one_is_found(world: World) -> None:
    source = world.push("v1")
    flist = world.publish(source, "v1")
    world.record(source, replace(flist, merkle_root="v1:" + "0" * 64))
    (finding,) = audit(world, source)
    assert f"has the root {flist.merkle_root}, and v1:000" in finding


def test_a_vm_that_was_overwritten_is_found(world: World, tmp_path: Path) -> None:
    release = [File(path="etc/release", content=f"v{n}".encode()) for n in (1, 2)]
    old = archive(world, tmp_path, KERNEL, LINK, INITRD, release[0])
    world.publish(old, "v1")
    assert audit(world, old) == ()
    new = archive(world, tmp_path, KERNEL, LINK, INITRD, release[1])
    flist = world.publish(new, "v2")
    assert audit(world, new) == ()
    folder = world.standin.storage.folder(USER)
    old_flist = folder / f"noble-{old.sha256[:12]}.flist"
    (folder / flist.name).write_bytes(old_flist.read_bytes())
    (finding,) = audit(world, new)
    assert "has the root" in finding


def release_audit(world: World) -> RunReport:
    """`mode: audit`, as the door runs it: records from the registry, flists from the Hub."""
    catalog = Catalog(revision="v1", images=(world.image,))
    published = readers.Readers(records=RecordReader(RegistryClient()).read)
    return AuditRun(catalog, published, world.converter(), say=world.lines.append).run()


def test_a_release_is_audited_by_what_the_registry_has(world: World) -> None:
    source = world.push("v1")
    flist = world.publish(source, "v1")
    client = RegistryClient()
    client.give_name(source.references[0].with_digest(source.digest), world.image.reference)
    assert release_audit(world).exit_code == 0
    (world.standin.storage.folder(USER) / flist.name).write_bytes(b"junk")
    report = release_audit(world)
    assert report.exit_code == 1
    assert report.images[0].failure is not None
    assert "no flist" in report.images[0].failure.message
