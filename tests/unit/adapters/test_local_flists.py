"""Flists in a folder: converted, proved by reading, switched by one rename."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

import pytest

from tests.unit.flist import samples
from tests.unit.flist.tars import Pipe, Tar
from tfimages_action.adapters.local_flists import LocalFlists
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.published.record import FlistState, Record, Unreadable
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.report import Flist
from tfimages_action.core.run.work import BuiltArchive, ImageConfig, Published
from tfimages_action.errors import FlistError, StageError
from tfimages_action.flist.reader import read_flist
from tfimages_action.pipeline.ports import Converter

REFERENCE = ImageReference.parse("ghcr.io/o/ubuntu:24.04")
STABLE = "ghcr.io-o-ubuntu-24.04.flist"
IMAGE = Image(
    name="ubuntu:24.04",
    reference=REFERENCE,
    flist=STABLE,
    kind=Kind.CONTAINER,
    folder="images/ubuntu",
    dockerfile="images/ubuntu/Dockerfile",
    context="images/ubuntu",
    fingerprint="v1:sha256:" + "f" * 64,
)
SOURCE = Published(digest="sha256:" + "ab" * 32, references=(REFERENCE,))
CONTENT = "ghcr.io-o-ubuntu-24.04-abababababab.flist"


class Exports:
    """Exports that are given; counts how often."""

    def __init__(self, tar: bytes) -> None:
        self.tar = tar
        self.exported = 0

    def config(self, source: Published, **_port: object) -> ImageConfig:
        assert source == SOURCE
        return ImageConfig(entrypoint=("/sbin/zinit", "init"), cmd=("--debug",))

    @contextmanager
    def export(self, source: Published, **_port: object) -> Iterator[IO[bytes]]:
        assert source == SOURCE
        self.exported += 1
        yield cast("IO[bytes]", Pipe([self.tar]))


class Bench:
    """A converter in a folder, and what it logged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.exports = Exports(samples.export())
        self.converter: Converter = LocalFlists(folder, self.exports)
        self.logged: list[str] = []
        self.stop = threading.Event()

    def convert(self) -> Flist:
        return self.converter.convert(IMAGE, SOURCE, log=self.logged.append, stop=self.stop)

    def verify(self, flist: Flist) -> Flist:
        return self.converter.verify(IMAGE, SOURCE, flist, log=self.logged.append, stop=self.stop)

    def switch(self, flist: Flist, *names: str) -> Flist:
        return self.converter.switch(IMAGE, flist, names, log=self.logged.append, stop=self.stop)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_converts_proves_and_switches(bench: Bench) -> None:
    flist = bench.switch(bench.verify(bench.convert()), "ghcr.io-o-ubuntu-24.04-v1.flist", STABLE)
    assert (flist.name, flist.verified, flist.entries) == (CONTENT, True, 33)
    assert flist.merkle_root.startswith("v1:")
    assert flist.stable_address == (bench.folder / STABLE).as_uri()
    assert (bench.folder / STABLE).readlink() == Path(CONTENT)
    metadata = dict(read_flist(bench.folder / STABLE).metadata)
    assert metadata == {"fingerprint": IMAGE.fingerprint, "digest": SOURCE.digest}
    assert bench.exports.exported == 1
    assert any("the Hub drops CMD" in line for line in bench.logged)


def test_git_is_told_once_to_leave_a_new_folder_alone(tmp_path: Path) -> None:
    ignored = tmp_path / "new" / ".gitignore"
    Bench(tmp_path / "new")
    assert ignored.read_text() == "*\n"
    # Whoever wants them in git takes it away, and is not told again.
    ignored.unlink()
    Bench(tmp_path / "new")
    assert not ignored.exists()


def test_the_same_again_writes_no_block_and_keeps_the_names(bench: Bench) -> None:
    first = bench.switch(bench.verify(bench.convert()), STABLE)
    again = Bench(bench.folder)
    assert again.switch(again.verify(again.convert()), STABLE) == first
    assert f"{CONTENT}: 33 entries, 0 new bytes" in again.logged
    names = sorted(path.name for path in bench.folder.iterdir())
    assert names == [CONTENT, STABLE, "store"]


def test_conversions_at_once_count_their_own_bytes(bench: Bench) -> None:
    """The first has begun when the second writes all of its blocks, one of which both need."""
    first = Tar().add("etc/motd", b"shared").add("first", b"1" * 5000).done()
    second = Tar().add("etc/motd", b"shared").add("second", b"2" * 90_000).done()
    export = bench.exports.export

    @contextmanager
    def interrupted(source: Published, **port: object) -> Iterator[IO[bytes]]:
        bench.exports.export = export  # type: ignore[method-assign]
        bench.exports.tar = second
        bench.convert()
        bench.exports.tar = first
        with export(source, **port) as stream:
            yield stream

    bench.exports.export = interrupted  # type: ignore[method-assign]
    bench.convert()
    counted = [int(line.split()[-3]) for line in bench.logged]
    stored = [path.stat().st_size for path in (bench.folder / "store").glob("*/*")]
    assert len(counted) == 2
    assert sum(counted) == sum(stored)


def test_a_flist_of_an_earlier_run_is_proved_against_the_image(bench: Bench) -> None:
    flist = bench.convert()
    later = Bench(bench.folder)
    assert later.verify(flist).verified
    assert later.exports.exported == 1


def test_a_flist_that_is_not_the_image_is_refused(bench: Bench) -> None:
    flist = bench.convert()
    later = Bench(bench.folder)
    later.exports.tar = Tar().add("other", b"x").done()
    with pytest.raises(StageError, match=r"is not ubuntu:24\.04"):
        later.verify(flist)


def test_a_damaged_flist_is_refused(bench: Bench) -> None:
    flist = bench.convert()
    (bench.folder / CONTENT).write_bytes(b"")
    with pytest.raises(FlistError):
        bench.verify(flist)


def test_a_store_without_a_block_is_refused_and_mended_by_the_next_try(bench: Bench) -> None:
    flist = bench.convert()
    entry = read_flist(bench.folder / CONTENT).find("/etc/motd")
    assert entry
    name = entry.blocks[0].hash.hex()
    (bench.folder / "store" / name[:2] / name).unlink()
    with pytest.raises(StageError, match="lacks blocks of 2 files"):
        bench.verify(flist)
    assert bench.verify(bench.convert()).verified


def test_no_name_leads_to_what_is_not_proved(bench: Bench) -> None:
    with pytest.raises(StageError, match="not proved"):
        bench.switch(bench.convert(), STABLE)
    assert not (bench.folder / STABLE).exists()


def test_what_bears_a_name_may_get_another_without_a_new_proof(bench: Bench) -> None:
    """The way of a rollback: from a release's link to the stable name."""
    release = "ghcr.io-o-ubuntu-24.04-v1.flist"
    bench.switch(bench.verify(bench.convert()), release)
    later = LocalFlists(bench.folder, None)
    back = later.switch(
        IMAGE, Flist(name=release, address=""), (STABLE,), log=bench.logged.append, stop=bench.stop
    )
    assert (back.name, back.verified) == (CONTENT, False)
    assert (bench.folder / STABLE).readlink() == Path(CONTENT)
    with pytest.raises(StageError, match="there is no flist"):
        later.switch(
            IMAGE, Flist(name="no.flist", address=""), (STABLE,), log=print, stop=bench.stop
        )


def test_says_what_is_there_for_the_plan(bench: Bench) -> None:
    def state() -> FlistState:
        return LocalFlists(bench.folder, None).states({IMAGE.name: SOURCE.digest}, [IMAGE])[
            IMAGE.name
        ]

    assert state() is FlistState.ABSENT
    flist = bench.verify(bench.convert())
    assert state() is FlistState.UNLINKED
    bench.switch(flist, STABLE)
    assert state() is FlistState.READY
    assert LocalFlists(bench.folder, None).states({}, [IMAGE]) == {}


def test_a_full_vms_record_is_its_flists_metadata(bench: Bench) -> None:
    asked = LocalFlists(bench.folder, None)
    assert asked.records([IMAGE]) == {IMAGE.name: None}
    bench.switch(bench.verify(bench.convert()), STABLE)
    record = Record(digest=SOURCE.digest, fingerprint=IMAGE.fingerprint)
    assert asked.records([IMAGE]) == {IMAGE.name: record}
    (bench.folder / CONTENT).write_bytes(b"<html>")
    assert isinstance(asked.records([IMAGE])[IMAGE.name], Unreadable)


@pytest.mark.parametrize("name", ["../up.flist", "a/b.flist", "noflist"])
def test_a_name_stays_in_the_folder(bench: Bench, name: str) -> None:
    flist = bench.verify(bench.convert())
    with pytest.raises(Exception, match="flist"):
        bench.switch(flist, name)
    with pytest.raises(Exception, match="flist"):
        bench.verify(replace(flist, name=name))


def test_a_cut_export_leaves_the_old_flist_and_its_names(bench: Bench) -> None:
    bench.switch(bench.verify(bench.convert()), STABLE)
    old = (bench.folder / STABLE).read_bytes()
    bench.exports.tar = bench.exports.tar[:100_000]
    with pytest.raises(FlistError):
        bench.convert()
    assert (bench.folder / STABLE).read_bytes() == old


def test_a_stop_ends_the_conversion(bench: Bench) -> None:
    bench.stop.set()
    with pytest.raises(StageError, match="stopped"):
        bench.convert()
    assert not (bench.folder / CONTENT).exists()


def test_a_full_vm_is_converted_from_its_archive(bench: Bench, tmp_path: Path) -> None:
    packed = tmp_path / "vm.tar.gz"
    packed.write_bytes((samples.DATA / "mixed-export.tar.gz").read_bytes())
    image = replace(IMAGE, kind=Kind.VM, folder="fullvm/debian", flist="debian.flist")
    source = BuiltArchive(image=image, path=packed, sha256="cd" * 32, size_bytes=1)
    flist = bench.converter.convert(image, source, log=bench.logged.append, stop=bench.stop)
    assert flist.name == "debian-cdcdcdcdcdcd.flist"
    proved = bench.converter.verify(image, source, flist, log=bench.logged.append, stop=bench.stop)
    assert proved.entries == 32


def test_a_full_vm_s_rollback_counts_while_its_name_serves_what_the_mark_serves(
    bench: Bench, tmp_path: Path
) -> None:
    packed = tmp_path / "vm.tar.gz"
    packed.write_bytes((samples.DATA / "mixed-export.tar.gz").read_bytes())
    vm = replace(IMAGE, kind=Kind.VM, folder="fullvm/debian", flist="debian.flist")
    flists = LocalFlists(tmp_path, None)
    made = []
    for digits, version in (("cd", "v1"), ("ef", "v2")):
        image = replace(vm, fingerprint=f"v1:sha256:{digits * 32}")
        source = BuiltArchive(image=image, path=packed, sha256=digits * 32, size_bytes=1)
        flist = bench.converter.convert(image, source, log=bench.logged.append, stop=bench.stop)
        bench.converter.verify(image, source, flist, log=bench.logged.append, stop=bench.stop)
        made.append(
            bench.switch(replace(flist, verified=True), f"debian-{version}.flist", vm.flist)
        )
    assert flists.rollbacks([vm]) == {}
    bench.switch(made[0], "debian-rolled-back-from-v2.flist", vm.flist)
    newest = replace(vm, fingerprint=f"v1:sha256:{'ef' * 32}")
    found = flists.rollbacks([newest])[vm.name]
    assert found.since.text == "v2"
    assert found.released is not None
    assert found.released.fingerprint == newest.fingerprint
    bench.switch(made[1], vm.flist)
    assert flists.rollbacks([newest]) == {}
