"""An image that went into an flist comes out of it again, and nothing gets out of its folder."""

import io
import os
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.flist import samples
from tests.unit.flist.tars import Pipe, Tar
from tfimages_action.errors import FlistError
from tfimages_action.flist.blocks import digest
from tfimages_action.flist.entries import Block, Entry, EntryType, SpecialType
from tfimages_action.flist.extract import extract_folder, extract_tar
from tfimages_action.flist.merkle import merkle_root
from tfimages_action.flist.source import read_tree
from tfimages_action.flist.store import BlockStore
from tfimages_action.flist.writer import build_flist

ROOT = Entry(path="/", type=EntryType.DIRECTORY, mode=0o755)


def test_a_tar_comes_back(tmp_path: Path) -> None:
    store = BlockStore(tmp_path)
    built = build_flist(Pipe([samples.export()]), store)
    output = io.BytesIO()
    left_out = extract_tar(built.entries, store.get, output)
    assert left_out == ("/var/fifo",)
    again = read_tree(Pipe([output.getvalue()]))
    kept = [entry for entry in built.entries if entry.path != "/var/fifo"]
    assert merkle_root(again.entries) == merkle_root(kept)
    assert {e.path: e.mtime for e in again.entries} == {e.path: e.mtime for e in kept}


def test_devices_whose_kind_is_known_come_back() -> None:
    special = Entry(path="/null", type=EntryType.SPECIAL, mode=0o666, device="1,3")
    fifo = replace(special, path="/fifo", special=SpecialType.FIFO, device="(nothing)")
    output = io.BytesIO()
    entries = [ROOT, replace(special, special=SpecialType.CHARACTER), fifo]
    assert extract_tar(entries, lambda _: b"", output) == ()
    with tarfile.open(fileobj=io.BytesIO(output.getvalue())) as archive:
        null = archive.getmember("./null")
        assert (null.ischr(), null.devmajor, null.devminor) == (True, 1, 3)
        assert archive.getmember("./fifo").isfifo()


def test_a_folder_holds_content_modes_links_and_times(tmp_path: Path) -> None:
    store = BlockStore(tmp_path / "store")
    tar = Tar().folder("d", mode=0o555).add("d/f", b"content", mode=0o4750, mtime=1000)
    tar.add("d/l", kind=tarfile.SYMTYPE, target="../none").add("pipe", kind=tarfile.FIFOTYPE)
    built = build_flist(tar.stream(), store)
    assert extract_folder(built.entries, store.get, tmp_path / "out") == ("/pipe",)
    file = tmp_path / "out" / "d" / "f"
    assert file.read_bytes() == b"content"
    assert (file.stat().st_mode & 0o7777, file.stat().st_mtime) == (0o4750, 1000)
    assert os.readlink(tmp_path / "out" / "d" / "l") == "../none"  # noqa: PTH115 - as it stands
    assert (tmp_path / "out" / "d").stat().st_mode & 0o777 == 0o555
    (tmp_path / "out" / "d").chmod(0o755)


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(FlistError, match="not empty"):
        extract_folder([ROOT], lambda _: b"", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_link_is_never_written_through(tmp_path: Path) -> None:
    """The reader lets no such flist in; if one came, the file beside the link would not be made."""
    outside = tmp_path / "outside"
    outside.mkdir()
    link = Entry(path="/l", type=EntryType.LINK, mode=0o777, target=str(outside / "victim"))
    file = Entry(path="/l", type=EntryType.FILE, mode=0o644)
    with pytest.raises(FlistError):
        extract_folder([ROOT, link, file], lambda _: b"", tmp_path / "out")
    assert not list(outside.iterdir())


def test_content_that_is_not_of_the_size_is_refused(tmp_path: Path) -> None:
    block = Block(key=digest(b"abc"), hash=b"h" * 16)
    file = Entry(path="/f", type=EntryType.FILE, mode=0o644, size=2, blocks=(block,))
    with pytest.raises(FlistError, match="3 bytes of content, not 2"):
        extract_folder([ROOT, file], lambda _: b"abc", tmp_path / "out")


def test_a_missing_block_is_an_flist_error(tmp_path: Path) -> None:
    file = Entry(
        path="/f", type=EntryType.FILE, mode=0o644, size=1, blocks=(Block(b"k" * 16, b"h" * 16),)
    )
    with pytest.raises(FlistError, match="not in the store"):
        extract_tar([ROOT, file], BlockStore(tmp_path).get, io.BytesIO())
