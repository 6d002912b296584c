"""An export repacked for upload: the same file system, with the start in its place."""

from __future__ import annotations

import errno
import gzip
import io
import shutil
import tarfile

import pytest

from tests.bed.oci import File, layer
from tfimages_action.adapters.hub import packing
from tfimages_action.adapters.hub.packing import packed
from tfimages_action.errors import FlistError, StageError
from tfimages_action.flist.source import read_tree

FILES = (
    File(path="etc", kind=tarfile.DIRTYPE, mode=0o755),
    File(path="etc/motd", content=b"hello", mode=0o4755, uid=7, gid=8),
    File(path="etc/alias", target="motd"),
    File(path="etc/hard", target="etc/motd", kind=tarfile.LNKTYPE),
    File(path="x" * 150, content=b"long"),
    File(path="caf\udce9", content=b"no utf-8"),
    File(path="dev/null", kind=tarfile.CHRTYPE),
    File(path=".startup.toml", content=b"the image's own"),
)


def test_everything_is_kept_and_the_start_is_ours() -> None:
    export = layer(FILES)
    with packed(io.BytesIO(export), b"start") as spool:
        data = spool.read()
    was = {e.path: e for e in read_tree(io.BytesIO(export)).entries}
    now = {e.path: e for e in read_tree(io.BytesIO(gzip.decompress(data))).entries}
    assert now.pop("/.startup.toml").size == 5
    assert was.pop("/.startup.toml").size == 15
    assert now == was


def test_the_same_export_packs_to_the_same_bytes() -> None:
    packs = []
    for _ in range(2):
        with packed(io.BytesIO(layer(FILES)), b"start") as spool:
            packs.append(spool.read())
    assert packs[0] == packs[1]


def test_a_cut_export_is_no_archive() -> None:
    whole = layer([File(path="f", content=b"x" * 50_000)])
    with pytest.raises(FlistError, match="cut"), packed(io.BytesIO(whole[:20_000]), b""):
        pass


def test_a_full_disk_is_no_cut_export(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(packing, "_repack", full)
    with pytest.raises(StageError, match="no room to pack") as caught, packed(io.BytesIO(), b""):
        pass
    assert "TMPDIR" in caught.value.hint
    assert not isinstance(caught.value, FlistError)


def test_a_disk_that_may_not_do_is_warned_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=125 * 1024 * 1024)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert packing.room_warning(100 * 1024 * 1024) == ""
    assert "125 MiB left, and the image takes about 101 MiB" in packing.room_warning(
        101 * 1024 * 1024
    )
