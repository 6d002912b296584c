"""Full VMs: an archive becomes a proved flist with its record."""

from __future__ import annotations

import gzip
import hashlib
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bed.oci import File
from tests.integration.hub.world import USER, World, layer
from tests.standins.hub.faults import Fault
from tfimages_action.adapters.hub.states import vm_record, vm_rollbacks
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.published.record import Record
from tfimages_action.core.run.report import Flist
from tfimages_action.core.run.work import BuiltArchive

KERNEL = File(path="boot/vmlinuz-6.1", content=b"\x7fELF kernel")
LINK = File(path="boot/vmlinuz", target="vmlinuz-6.1")
INITRD = File(path="boot/initrd.img", content=b"initrd")


def archive(world: World, folder: Path, *files: File) -> BuiltArchive:
    data = gzip.compress(layer(*files), 1, mtime=0)
    sha256 = hashlib.sha256(data).hexdigest()
    path = folder / f"{sha256}.tar.gz"
    path.write_bytes(data)
    image = replace(world.image, name="noble", folder="noble", flist="noble.flist", kind=Kind.VM)
    world.image = image
    return BuiltArchive(image=image, path=path, sha256=sha256, size_bytes=len(data))


def publish(world: World, source: BuiltArchive, version: str) -> Flist:
    converter = world.converter(version=version, revision="abc")
    return world.publish(source, version, converter)


def test_an_archive_is_uploaded_proved_and_recorded(world: World, tmp_path: Path) -> None:
    etc = File(path="etc/release", content=b"v1")
    source = archive(world, tmp_path, KERNEL, LINK, INITRD, etc)
    flist = publish(world, source, "v1")
    assert flist.name == f"noble-{source.sha256[:12]}.flist"
    assert flist.verified
    assert flist.stable_address == f"{world.standin.url}/{USER}/noble.flist"
    assert world.served() == "v1"
    assert vm_record(world.client(), USER, world.image) == Record(
        digest=f"sha256:{source.sha256}",
        fingerprint=world.image.fingerprint,
        version="v1",
        revision="abc",
    )
    assert any("uploaded" in line for line in world.lines)


def test_a_vm_that_was_never_published_has_no_record(world: World) -> None:
    assert vm_record(world.client(), USER, world.image) is None


@pytest.mark.parametrize(
    "fault",
    [
        Fault.STORAGE_DOWN,
        Fault.CUT_ARCHIVE,
        Fault.LOST_COMMIT,
        Fault.PROXY_504,
        Fault.RESET,
        Fault.RESET_EARLY,
    ],
)
def test_faults_on_the_way(world: World, tmp_path: Path, fault: Fault) -> None:
    release = [File(path="etc/release", content=f"v{n}".encode()) for n in (1, 2)]
    publish(world, archive(world, tmp_path, KERNEL, LINK, INITRD, release[0]), "v1")
    source = archive(world, tmp_path, KERNEL, LINK, INITRD, release[1])
    world.standin.faults.inject(fault)
    with world.watched() as seen:
        assert publish(world, source, "v2").verified
        world.standin.settle()
    assert world.served() == "v2"
    assert seen <= {"v1", "v2"}


def test_what_can_not_boot_is_not_uploaded(world: World, tmp_path: Path) -> None:
    source = archive(world, tmp_path, KERNEL, LINK)
    with pytest.raises(Exception, match=r"has no /boot/initrd\.img"):
        publish(world, source, "v1")
    assert not any(method == "POST" for method, _ in world.standin.calls)


def test_the_upload_names_are_unique_and_the_name_is_ours(world: World, tmp_path: Path) -> None:
    source = archive(world, tmp_path, KERNEL, LINK, INITRD)
    client = world.client()
    with source.path.open("rb") as file:
        uploaded = client.upload(file, "a name@v1.flist", stop=threading.Event())
    assert uploaded.name == "a name@v1.flist"
    assert client.mine("a name@v1.flist") is not None


def test_a_rollback_counts_while_the_name_serves_what_its_mark_serves(
    world: World, tmp_path: Path
) -> None:
    made = []
    for number in (1, 2):
        etc = File(path="etc/release", content=f"v{number}".encode())
        source = archive(world, tmp_path, KERNEL, LINK, INITRD, etc)
        made.append(publish(world, source, f"v{number}"))
    client, image = world.client(), world.image
    assert vm_rollbacks(client, USER, [image]) == {}
    stop, log = threading.Event(), world.lines.append
    mark = "noble-rolled-back-from-v2.flist"
    old = Flist(name="noble-v1.flist", address="")
    world.converter().switch(image, old, (mark, image.flist), log=log, stop=stop)
    found = vm_rollbacks(client, USER, [image])[image.name]
    assert (found.since.text, found.serves) == ("v2", "v1")
    assert found.released is not None
    assert found.released.version == "v2"
    world.converter().switch(image, made[1], (image.flist,), log=log, stop=stop)
    assert vm_rollbacks(client, USER, [image]) == {}
