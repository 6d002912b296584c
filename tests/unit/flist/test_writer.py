"""What the writer makes equals what a real Hub made, and reads back as it was meant."""

import io
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.flist import samples
from tests.unit.flist.tars import Pipe, Tar
from tfimages_action.errors import FlistError
from tfimages_action.flist.compare import compare
from tfimages_action.flist.container import Limits, unpack
from tfimages_action.flist.entries import (
    BLOCK_SIZE,
    Block,
    Entry,
    EntryType,
    SpecialType,
    child_path,
    path_text,
)
from tfimages_action.flist.merkle import merkle_root
from tfimages_action.flist.reader import FlistFile, read_flist
from tfimages_action.flist.startup import StartConfig
from tfimages_action.flist.store import BlockStore
from tfimages_action.flist.writer import BuiltFlist, Conversion, build_flist, write_flist

CONFIG = StartConfig.of(samples.answer("config"))
NAMES = ((0, "root"), (1000, "cloudsdk"))
HUB = Conversion(made_at=1795463070, users=NAMES, groups=NAMES)
"""The machine on which the sample was made."""


def rebuilt(store: Path) -> BuiltFlist:
    return build_flist(Pipe([samples.export()]), BlockStore(store), config=CONFIG, conversion=HUB)


def read(raw: bytes) -> FlistFile:
    return read_flist(io.BytesIO(raw))


def records(raw: bytes) -> dict[str, bytes]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(unpack(io.BytesIO(raw), Limits()))
        return dict(connection.execute("SELECT key, value FROM entries"))


def test_the_rebuilt_sample_equals_the_hubs_entry_by_entry(tmp_path: Path) -> None:
    """Docker's stubs are made anew at each export: their mtime alone may differ by a second."""
    real, made = read_flist(samples.FLIST), read(rebuilt(tmp_path).raw)
    assert [e.path for e in made.entries] == [e.path for e in real.entries]
    for want, have in zip(real.entries, made.entries, strict=True):
        assert have.keys == want.keys
        assert abs(have.mtime - want.mtime) <= 1
        assert replace(have, blocks=(), mtime=0) == replace(want, blocks=(), mtime=0)
    assert merkle_root(made.entries) == merkle_root(real.entries)


def test_the_same_entries_give_the_hubs_very_records() -> None:
    assert records(write_flist(read_flist(samples.FLIST).entries)) == records(
        samples.FLIST.read_bytes()
    )


def test_the_verifier_finds_the_rebuilt_sample_equal(tmp_path: Path) -> None:
    built = rebuilt(tmp_path)
    assert compare(built.source, read(built.raw), CONFIG).equal


def test_the_same_image_gives_the_same_bytes(tmp_path: Path) -> None:
    assert rebuilt(tmp_path / "a").raw == rebuilt(tmp_path / "b").raw


def test_every_block_is_in_the_store(tmp_path: Path) -> None:
    built, store = rebuilt(tmp_path), BlockStore(tmp_path)
    for entry in built.entries:
        assert sum(len(store.get(block)) for block in entry.blocks) == (
            entry.size if entry.type is EntryType.FILE else 0
        )


def test_a_second_image_shares_the_blocks_of_the_first(tmp_path: Path) -> None:
    rebuilt(tmp_path)
    store = BlockStore(tmp_path)
    tar = Tar().add("same", b"hello\n").add("new", b"of the second image")
    build_flist(tar.stream(), store)
    assert store.written_blocks == 1


def test_the_images_own_startup_file_is_replaced(tmp_path: Path) -> None:
    tar = Tar().add(".startup.toml", b"shipped", mode=0o600)
    built = build_flist(tar.stream(), BlockStore(tmp_path), config=StartConfig(cmd=("sh",)))
    entry = read(built.raw).find("/.startup.toml")
    assert entry
    assert (entry.mode, entry.size > 50) == (0o644, True)


def test_without_a_configuration_nothing_is_added(tmp_path: Path) -> None:
    built = build_flist(Tar().add("a").stream(), BlockStore(tmp_path))
    assert [entry.path for entry in read(built.raw).entries] == ["/", "/a"]


def test_metadata_is_kept() -> None:
    entries = [Entry(path="/", type=EntryType.DIRECTORY, mode=0o755)]
    backend = {"namespace": "n", "host": "h", "port": 1}
    assert dict(read(write_flist(entries, {"backend": backend})).metadata) == {"backend": backend}


ROOT = Entry(path="/", type=EntryType.DIRECTORY, mode=0o755)


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [Entry(path="/a", type=EntryType.FILE, mode=0o644)],
        [ROOT, ROOT],
        [ROOT, Entry(path="/a", type=EntryType.FILE, mode=0, blocks=(Block(b"k" * 16, b""),))],
        [ROOT, Entry(path="/a/b", type=EntryType.FILE, mode=0o644)],
        [
            ROOT,
            Entry(path="/a", type=EntryType.FILE, mode=0o644),
            Entry(path="/a/b", type=EntryType.FILE, mode=0o644),
        ],
    ],
)
def test_what_is_no_tree_is_refused(entries: list[Entry]) -> None:
    with pytest.raises(FlistError):
        write_flist(entries)


@pytest.mark.parametrize("name", ["..", ".", "a\0b", "same"])
def test_the_reader_refuses_a_name_that_leads_elsewhere(name: str) -> None:
    """The writer takes what it is given; the reader must not."""
    same = Entry(path="/same", type=EntryType.FILE, mode=0o644)
    raw = write_flist([ROOT, same, Entry(path="/name", type=EntryType.FILE, mode=0o644)])
    assert len(read(raw).entries) == 3
    hostile = Entry(path=f"/{name}" if name != "same" else "//same", type=EntryType.FILE, mode=0)
    with pytest.raises(FlistError, match=r"forbidden name|end"):
        read(write_flist([ROOT, same, hostile]))


names = st.binary(min_size=1, max_size=12).filter(
    lambda raw: raw not in {b".", b".."} and b"/" not in raw and b"\0" not in raw
)
digests = st.binary(min_size=16, max_size=16)
owners = st.sampled_from([0, 1000, (1 << 32) - 1])
times = st.integers(0, (1 << 32) - 1)


@st.composite
def entry(draw: st.DrawFn, path: str, kind: EntryType) -> Entry:
    made = Entry(
        path=path,
        type=kind,
        mode=draw(st.integers(0, 0o7777)),
        uid=draw(owners),
        gid=draw(owners),
        uname=draw(st.sampled_from(["root", "", "caf\udce9"])),
        gname=draw(st.sampled_from(["root", "0"])),
        mtime=draw(times),
        ctime=draw(times),
    )
    match kind:
        case EntryType.DIRECTORY:
            return replace(made, size=4096)
        case EntryType.LINK:
            return replace(made, target=path_text(draw(names)), size=draw(st.integers(0, 99)))
        case EntryType.SPECIAL:
            special, device = draw(st.sampled_from(SpecialType)), draw(st.sampled_from(["1,3", ""]))
            return replace(made, special=special, device=device)
        case EntryType.FILE:
            keys = draw(st.lists(st.builds(Block, digests, digests), max_size=3))
            size = max(0, len(keys) * BLOCK_SIZE - draw(st.integers(0, BLOCK_SIZE - 1)))
            return replace(made, blocks=tuple(keys), size=size if keys else 0)


@st.composite
def trees(draw: st.DrawFn) -> list[Entry]:
    made = [draw(entry("/", EntryType.DIRECTORY))]
    for name in draw(st.lists(names, max_size=12, unique=True)):
        folders = [one.path for one in made if one.type is EntryType.DIRECTORY]
        path = child_path(draw(st.sampled_from(folders)), path_text(name))
        made.append(draw(entry(path, draw(st.sampled_from(EntryType)))))
    return made


@settings(max_examples=30)
@given(trees())
def test_any_tree_comes_back(tree: list[Entry]) -> None:
    back = read(write_flist(tree))
    assert {one.path: one for one in back.entries} == {one.path: one for one in tree}
    assert back.problems == ()


@settings(max_examples=30)
@given(trees(), st.data())
def test_any_damaged_flist_gives_a_value_or_an_flist_error(
    tree: list[Entry], data: st.DataObject
) -> None:
    database = unpack(io.BytesIO(write_flist(tree)), Limits())
    at = data.draw(st.integers(4096, len(database) - 1))
    new = data.draw(st.binary(min_size=1, max_size=24))
    damaged = database[:at] + new + database[at + len(new) :]
    try:
        read(samples.flist_of(damaged))
    except FlistError:
        return
