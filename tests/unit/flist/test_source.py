"""A tar stream is read once, completely, and believed only when it is whole."""

import gzip
import io
import tarfile
import threading
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.flist import samples
from tests.unit.flist.tars import Pipe, Tar
from tfimages_action.errors import FlistError
from tfimages_action.flist.entries import BLOCK_SIZE, Block, Entry, EntryType, SpecialType
from tfimages_action.flist.source import SourceTree, read_tree
from tfimages_action.flist.stream import open_archive


def digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()


def at(tree: SourceTree, path: str) -> Entry:
    return next(entry for entry in tree.entries if entry.path == path)


def test_reads_the_export_of_the_sample() -> None:
    tree = read_tree(Pipe([samples.export()]))
    assert len(tree.entries) == 32
    assert tree.entries[0].path == "/"
    assert at(tree, "/opt/app/suid").mode == 0o4755
    assert at(tree, "/opt/sp ace/f @1").uid == 1000


def test_blocks_are_of_512_kib_and_the_last_may_be_shorter() -> None:
    content = bytes(range(256)) * 4096 + b"tail"
    tree = read_tree(Tar().add("f", content).stream())
    parts = [content[i : i + BLOCK_SIZE] for i in range(0, len(content), BLOCK_SIZE)]
    assert [len(part) for part in parts] == [BLOCK_SIZE, BLOCK_SIZE, 4]
    assert at(tree, "/f").keys == tuple(map(digest, parts))
    assert at(read_tree(Tar().add("f").stream()), "/f").keys == ()


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_reads_long_names_and_names_that_are_no_utf8(form: int) -> None:
    long, target, raw = "d/" + "n" * 300, "t" * 300, "caf\udce9"
    tar = Tar(form).folder("d").add(long, b"x").add("l", kind=tarfile.SYMTYPE, target=target)
    tree = read_tree(tar.add(raw, b"y").stream())
    assert at(tree, f"/{long}").keys == (digest(b"x"),)
    assert (at(tree, "/l").target, at(tree, "/l").size) == (target, 300)
    assert at(tree, f"/{raw}").keys == (digest(b"y"),)


def test_a_hard_link_is_a_copy() -> None:
    content = b"z" * (BLOCK_SIZE + 1)
    tar = Tar().add("a", content, mode=0o4750, owner=(3, 4))
    tree = read_tree(tar.add("b", kind=tarfile.LNKTYPE, target="./a", mode=0).stream())
    first, second = at(tree, "/a"), at(tree, "/b")
    assert (second.mode, second.uid, second.gid, second.size) == (0o4750, 3, 4, len(content))
    assert second.blocks == first.blocks
    assert len(second.blocks) == 2


def test_reads_devices_and_fifos() -> None:
    tar = Tar().add("null", kind=tarfile.CHRTYPE, device=(1, 3), mode=0o666)
    tar.add("disk", kind=tarfile.BLKTYPE, device=(8, 0)).add("pipe", kind=tarfile.FIFOTYPE)
    found = [(e.path, e.special, e.device) for e in read_tree(tar.stream()).entries[1:]]
    assert found == [
        ("/disk", SpecialType.BLOCK, "8,0"),
        ("/null", SpecialType.CHARACTER, "1,3"),
        ("/pipe", SpecialType.FIFO, "(nothing)"),
    ]


def test_reads_a_sparse_file_with_its_holes() -> None:
    size, data = BLOCK_SIZE + 1000, b"data" * 128
    name = "GNUSparseFile.0/hole"
    body = f"1\n{BLOCK_SIZE}\n{len(data)}\n".encode().ljust(512, b"\0") + data
    pax = {
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0",
        "GNU.sparse.name": "hole", "GNU.sparse.realsize": str(size),
    }  # fmt: skip
    tree = read_tree(Tar().add(name, body, pax=pax).add("next", b"n").stream())
    plain = b"\0" * BLOCK_SIZE + data + b"\0" * (1000 - len(data))
    assert at(tree, "/hole").keys == (digest(plain[:BLOCK_SIZE]), digest(plain[BLOCK_SIZE:]))
    assert at(tree, "/next").keys == (digest(b"n"),)


def test_a_sparse_file_of_exabytes_stops_at_the_limit() -> None:
    body = b"0\n".ljust(512, b"\0")
    pax = {
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0",
        "GNU.sparse.name": "hole", "GNU.sparse.realsize": str(1 << 60),
    }  # fmt: skip
    with pytest.raises(FlistError, match="limits"):
        read_tree(Tar().add("GNUSparseFile.0/hole", body, pax=pax).stream())


def test_finds_extended_attributes() -> None:
    pax = {
        "SCHILY.xattr.security.capability": "x", "LIBARCHIVE.xattr.user.note": "y",
        "SCHILY.acl.access": "user::rw-", "mtime": "1",
    }  # fmt: skip
    tree = read_tree(Tar().add("ping", b"x", pax=pax).stream())
    names = [name for path, name in tree.xattrs if path == "/ping"]
    assert names == ["acl.access", "security.capability", "user.note"]


def test_folders_that_the_tar_does_not_name_are_implied() -> None:
    tree = read_tree(Tar().add("./a/b/c", b"x").stream())
    assert [(e.path, e.type, e.mode) for e in tree.entries] == [
        ("/", EntryType.DIRECTORY, 0o755),
        ("/a", EntryType.DIRECTORY, 0o755),
        ("/a/b", EntryType.DIRECTORY, 0o755),
        ("/a/b/c", EntryType.FILE, 0o644),
    ]


def test_a_root_in_the_tar_counts() -> None:
    assert read_tree(Tar().folder("./", mode=0o700).stream()).entries[0].mode == 0o700


def test_a_later_member_replaces_an_earlier_one() -> None:
    tree = read_tree(Tar().add("a", b"old").add("a", b"newer").stream())
    assert (at(tree, "/a").size, at(tree, "/a").keys) == (5, (digest(b"newer"),))


def test_reads_past_the_end_mark_so_that_a_writer_never_meets_a_closed_pipe() -> None:
    pipe = Pipe([Tar().add("a", b"x").done(), b"\0" * 3_000_000])
    read_tree(pipe)
    assert pipe.read(1) == b""


WHOLE = Tar().add("a", b"x" * 2000).add("b", b"y").done()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        WHOLE[:512],
        WHOLE[:1000],
        WHOLE[:2560],
        WHOLE[:2600],
        WHOLE[:3584],
        WHOLE[:2560] + b"\xff" * 512 + WHOLE[3072:],
    ],
    ids=["empty", "head", "in-file", "between", "in-head", "no-end-mark", "bad-head"],
)
def test_a_cut_tar_is_never_taken_for_a_small_one(raw: bytes) -> None:
    with pytest.raises(FlistError):
        read_tree(Pipe([raw]))


@pytest.mark.parametrize(
    "tar",
    [
        Tar().add("../a", b"x"),
        Tar().add("a/../../b", b"x"),
        Tar().add("a", b"x").add("a/b", b"y"),
        Tar().folder("a").add("a", b"x"),
        Tar().add("a", kind=tarfile.LNKTYPE, target="b"),
        Tar().folder("d").add("a", kind=tarfile.LNKTYPE, target="d"),
        Tar().add("a", kind=tarfile.SYMTYPE, target="/etc").add("a/b", b"y"),
    ],
)
def test_refuses_a_hostile_tar(tar: Tar) -> None:
    with pytest.raises(FlistError):
        read_tree(tar.stream())


@pytest.mark.parametrize("size", [-1024, 1 << 60])
def test_a_head_of_any_size_is_refused_before_it_is_read(size: int) -> None:
    head = tarfile.TarInfo("x")
    head.type, head.size = tarfile.XHDTYPE, size
    with pytest.raises(FlistError, match="size out of bounds"):
        read_tree(Pipe([head.tobuf(tarfile.GNU_FORMAT), WHOLE]))


def test_a_failing_block_maker_is_heard() -> None:
    def fail(plain: bytes) -> Block:
        raise FlistError(f"no room for {len(plain)} bytes")

    with pytest.raises(FlistError, match="no room"):
        read_tree(Tar().add("a", b"x" * BLOCK_SIZE).stream(), fail)


def test_only_a_few_blocks_are_in_flight() -> None:
    all_read, seen = threading.Event(), [-1]

    class Watched(Pipe):
        taken = 0

        def read(self, size: int = -1, /) -> bytes:
            data = super().read(size)
            self.taken += len(data)
            return data

    def slow(plain: bytes) -> Block:
        """The first block takes until the reader has come as far as it can."""
        if len(seen) == 1:
            seen.append(0)
            while pipe.taken != seen[-1]:
                seen.append(pipe.taken)
                all_read.wait(0.05)
            all_read.set()
        all_read.wait(5)
        return Block(key=digest(plain), hash=b"")

    pipe = Watched([Tar().add("a", b"x" * (100 * BLOCK_SIZE)).done()], most=BLOCK_SIZE)
    assert len(at(read_tree(pipe, slow), "/a").blocks) == 100
    assert seen[-1] < 30 * BLOCK_SIZE


def test_opens_archives_packed_or_not(tmp_path: Path) -> None:
    for name, raw in {"a.tar": WHOLE, "a.tar.gz": gzip.compress(WHOLE)}.items():
        (tmp_path / name).write_bytes(raw)
        with open_archive(tmp_path / name) as stream:
            assert len(read_tree(stream).entries) == 3


def test_a_cut_archive_is_an_flist_error(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(WHOLE)[:-4])
    with pytest.raises(FlistError), open_archive(tmp_path / "a.tar.gz") as stream:
        read_tree(stream)
    with pytest.raises(FlistError, match="can't be read"), open_archive(tmp_path / "none"):
        pass


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=40))
def test_any_damage_gives_a_tree_or_an_flist_error(where: int, new: bytes) -> None:
    try:
        read_tree(io.BytesIO(WHOLE[:where] + new + WHOLE[where + len(new) :]))
    except FlistError:
        return
