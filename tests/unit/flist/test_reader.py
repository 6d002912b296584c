"""The reader, held against a real Hub's flist and against whatever else may come."""

import gzip
import io
import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.flist import samples
from tfimages_action.errors import FlistError
from tfimages_action.flist.container import Limits
from tfimages_action.flist.entries import Entry, EntryType, SpecialType
from tfimages_action.flist.reader import FlistFile, read_flist

SAMPLE = samples.FLIST.read_bytes()


def read(raw: bytes, limits: Limits | None = None) -> FlistFile:
    return read_flist(io.BytesIO(raw), limits)


def at(flist: FlistFile, path: str) -> Entry:
    entry = flist.find(path)
    assert entry
    return entry


def test_reads_what_the_hub_dumps_of_it() -> None:
    dump = samples.answer("dump")
    flist = read_flist(samples.FLIST)
    said = {(item["path"], item["size"]) for item in dump["content"]}
    assert {(entry.path, entry.size) for entry in flist.entries if entry.path != "/"} == said
    counts = flist.counts
    assert (counts.files, counts.links, counts.directories, counts.specials, counts.bytes) == tuple(
        dump[name] for name in ("regular", "symlink", "directory", "special", "fullsize")
    )
    assert flist.problems == ()
    assert dict(flist.metadata)["backend"] == {
        "namespace": "default", "host": "127.0.0.1", "port": 9900,
    }  # fmt: skip


def test_reads_mode_owner_target_and_special() -> None:
    flist = read_flist(samples.FLIST)
    link, fifo, file = (at(flist, p) for p in ("/opt/app/motd", "/var/fifo", "/opt/sp ace/f @1"))
    folder, root = at(flist, "/var/tmp"), at(flist, "/")
    assert at(flist, "/opt/app/suid").mode == 0o4755
    assert (link.type, link.target, link.size) == (EntryType.LINK, "../etc/motd", 11)
    assert (fifo.special, fifo.device) == (SpecialType.SOCKET, "(nothing)")
    assert (file.mode, file.uid, file.gid, file.uname, file.gname) == (
        0o640, 1000, 1000, "cloudsdk", "cloudsdk",
    )  # fmt: skip
    assert (folder.type, folder.mode) == (EntryType.DIRECTORY, 0o1777)
    assert (root.mode, root.uid) == (0o755, 0)
    assert flist.find("/nowhere") is None


def test_blocks_carry_the_key_of_their_content() -> None:
    flist = read_flist(samples.FLIST)
    assert (
        at(flist, "/etc/motd").keys
        == at(flist, "/opt/app/hard").keys
        == (blake2b(b"hello\n", digest_size=16).digest(),)
    )


def test_entries_are_sorted_by_the_bytes_of_their_paths() -> None:
    paths = [entry.path.encode() for entry in read_flist(samples.FLIST).entries]
    assert paths == sorted(paths)
    assert paths[0] == b"/"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>not found</html>",
        gzip.compress(b""),
        gzip.compress(b"no tar at all" * 100),
        samples.flist_of(b""),
        samples.flist_of(b"no database" * 100),
        samples.flist_of(samples.database(), name="./other"),
        samples.flist_of(samples.database()[:-4096]),
        samples.flist_of(samples.database()[:5000]),
        SAMPLE[:-1],
        SAMPLE[:2000],
    ],
    ids=lambda raw: f"{len(raw)}-bytes",
)
def test_refuses_what_is_no_whole_flist(raw: bytes) -> None:
    with pytest.raises(FlistError):
        read(raw)


def test_a_missing_file_is_an_flist_error(tmp_path: Path) -> None:
    with pytest.raises(FlistError, match="can't be read"):
        read_flist(tmp_path / "none.flist")


ETC = blake2b(b"etc", digest_size=16).hexdigest()
ROOT = blake2b(b"", digest_size=16).hexdigest()


def overwritten(key: str, *, by: str) -> str:
    source = f"SELECT value FROM entries WHERE key = '{by}'"
    return f"UPDATE entries SET value = ({source}) WHERE key = '{key}'"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (f"DELETE FROM entries WHERE key = '{ETC}'", "/etc is not in it"),
        (f"UPDATE entries SET value = 'text' WHERE key = '{ETC}'", "not binary"),
        (f"UPDATE entries SET value = x'00' WHERE key = '{ETC}'", "head"),
        ("DELETE FROM entries WHERE length(key) = 16", "owner"),
        ("DELETE FROM entries", "/ is not in it"),
        ("ALTER TABLE entries RENAME TO others", "no table"),
        ("ALTER TABLE entries RENAME value TO other", "can't be read: no such column"),
        ("CREATE VIEW v AS SELECT 1", "more than tables"),
    ],
)
def test_refuses_a_database_that_lacks_or_adds(statement: str, reason: str) -> None:
    with pytest.raises(FlistError, match=reason):
        read(samples.edited(statement))


def test_a_view_in_place_of_the_entries_never_runs() -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i AS value FROM n"
    raw = samples.edited("DROP TABLE entries", f"CREATE VIEW entries AS {endless}")
    with pytest.raises(FlistError, match="no table"):
        read(raw)


def test_a_directory_is_never_entered_twice() -> None:
    with pytest.raises(FlistError, match="met before"):
        read(samples.edited(overwritten(ETC, by=ROOT)))


def test_a_directory_described_in_two_ways_is_a_problem_not_an_error() -> None:
    tmp = blake2b(b"var/tmp", digest_size=16).hexdigest()
    proc = blake2b(b"proc", digest_size=16).hexdigest()
    flist = read(samples.edited(overwritten(tmp, by=proc)))
    assert flist.problems == ("/var/tmp: two descriptions that differ in mode or owner",)


def test_metadata_may_be_missing_or_no_json() -> None:
    plain = read(samples.edited("UPDATE metadata SET value = 'plain' WHERE key = 'backend'"))
    assert dict(plain.metadata)["backend"] == "plain"
    assert read(samples.edited("DROP TABLE metadata")).metadata == ()


def test_a_bomb_stops_at_the_limit() -> None:
    bomb = samples.flist_of(samples.database() + b"\0" * 20_000_000)
    assert len(bomb) < 100_000
    with pytest.raises(FlistError, match="limits"):
        read(bomb, Limits(database_bytes=1_000_000))


def test_a_bomb_beside_the_database_stops_at_the_limit() -> None:
    bomb = samples.flist_of(b"\0" * 20_000_000, name="./before")
    with pytest.raises(FlistError, match="limits"):
        read(bomb, Limits(database_bytes=1_000_000))


def test_too_many_entries_stop_at_the_limit() -> None:
    with pytest.raises(FlistError, match="more entries"):
        read(SAMPLE, Limits(entries=10))


def test_too_long_a_path_stops_at_the_limit() -> None:
    with pytest.raises(FlistError, match="longer than"):
        read(SAMPLE, Limits(path_bytes=12))


@settings(max_examples=40)
@given(st.integers(0, len(samples.database()) - 1), st.binary(min_size=1, max_size=16))
def test_any_damage_to_the_database_gives_a_value_or_an_flist_error(at: int, new: bytes) -> None:
    database = samples.database()
    with suppress(FlistError):
        read(samples.flist_of(database[:at] + new + database[at + len(new) :]))


@settings(max_examples=40)
@given(st.integers(0, len(SAMPLE) - 1), st.binary(min_size=1, max_size=4))
def test_any_damage_to_the_file_gives_a_value_or_an_flist_error(at: int, new: bytes) -> None:
    with suppress(FlistError):
        read(SAMPLE[:at] + new + SAMPLE[at + len(new) :])


def test_gzips_checksum_is_held_even_far_behind_the_database() -> None:
    raw = bytearray(samples.flist_of(samples.database(), padding=os.urandom(200_000)))
    raw[-8] ^= 1
    with pytest.raises(FlistError):
        read(bytes(raw))
