"""An flist is equal to its image, or each difference is named."""

from dataclasses import replace

import pytest

from tests.unit.flist import samples
from tests.unit.flist.tars import Pipe, Tar
from tfimages_action.flist.compare import (
    ALLOWANCES,
    Aspect,
    Comparison,
    compare,
    compare_counts,
)
from tfimages_action.flist.entries import Block, Entry, EntryType, SpecialType
from tfimages_action.flist.reader import FlistFile, read_flist
from tfimages_action.flist.source import SourceTree, read_tree
from tfimages_action.flist.startup import StartConfig

CONFIG = StartConfig.of(samples.answer("config"))
FLIST = read_flist(samples.FLIST)
SOURCE = read_tree(Pipe([samples.export()]))


def with_change(path: str, **parts: object) -> FlistFile:
    entries = (replace(e, **parts) if e.path == path else e for e in FLIST.entries)  # type: ignore[arg-type]
    return FlistFile(entries=tuple(entries))


def aspects(comparison: Comparison) -> list[tuple[str, Aspect]]:
    return [(difference.path, difference.aspect) for difference in comparison.differences]


def test_the_sample_is_equal_to_its_image() -> None:
    comparison = compare(SOURCE, FLIST, CONFIG)
    assert comparison.differences == ()
    assert comparison.equal
    assert comparison.compared > 20


def test_a_two_element_entry_point_with_a_command_is_warned_of() -> None:
    (warning,) = compare(SOURCE, FLIST, CONFIG).warnings
    assert "--debug" in warning


@pytest.mark.parametrize(
    ("path", "parts", "aspect"),
    [
        ("/opt/app/suid", {"mode": 0o755}, Aspect.MODE),
        ("/opt/sp ace/f @1", {"uid": 0}, Aspect.OWNER),
        ("/opt/sp ace", {"gid": 0}, Aspect.OWNER),
        ("/opt/app/motd", {"target": "/etc/motd"}, Aspect.TARGET),
        ("/opt/app/random", {"size": 2999}, Aspect.SIZE),
        ("/opt/app/hard", {"blocks": (Block(b"x" * 16, b""),)}, Aspect.CONTENT),
        ("/opt/app/three-blocks", {"blocks": ()}, Aspect.CONTENT),
        ("/var/fifo", {"device": "1,3"}, Aspect.DEVICE),
        ("/var/fifo", {"type": EntryType.FILE}, Aspect.TYPE),
        ("/", {"mode": 0o700}, Aspect.MODE),
        ("/.startup.toml", {"blocks": (Block(b"x" * 16, b""),)}, Aspect.STARTUP),
        ("/.startup.toml", {"mode": 0o777}, Aspect.MODE),
    ],
)
def test_every_part_is_compared(path: str, parts: dict[str, object], aspect: Aspect) -> None:
    assert aspects(compare(SOURCE, with_change(path, **parts), CONFIG)) == [(path, aspect)]


def test_missing_and_extra_paths_are_found() -> None:
    entries = tuple(
        replace(entry, path="/opt/app/other") if entry.path == "/opt/app/random" else entry
        for entry in FLIST.entries
    )
    found = compare(SOURCE, FlistFile(entries=entries), CONFIG)
    assert aspects(found) == [
        ("/opt/app/other", Aspect.EXTRA), ("/opt/app/random", Aspect.MISSING),
    ]  # fmt: skip
    assert found.describe() == "/opt/app/other: extra\n/opt/app/random: missing"
    assert found.describe(limit=1).endswith("and 1 more")


def test_an_empty_flist_differs() -> None:
    """The Hub answers 200 with an empty flist when its storage is down."""
    empty = FlistFile(entries=FLIST.entries[:1])
    assert not compare(SOURCE, empty, CONFIG).equal


def test_another_configuration_shows_in_the_startup_file() -> None:
    found = compare(SOURCE, FLIST, replace(CONFIG, working_dir="/"))
    assert aspects(found) == [("/.startup.toml", Aspect.STARTUP)]


def test_contradictions_in_the_flist_are_differences() -> None:
    flist = replace(FLIST, problems=("/var/tmp: two descriptions that differ in mode or owner",))
    assert aspects(compare(SOURCE, flist, CONFIG)) == [("/var/tmp", Aspect.CONTRADICTION)]


def test_only_empty_stubs_of_docker_may_come_and_go() -> None:
    without = FlistFile(entries=tuple(e for e in FLIST.entries if e.path != "/etc/hosts"))
    assert compare(SOURCE, without, CONFIG).equal
    planted = with_change("/etc/hosts", size=1, blocks=(Block(b"x" * 16, b""),))
    assert aspects(compare(SOURCE, planted, CONFIG)) == [("/etc/hosts", Aspect.EXTRA)]
    owned = with_change("/etc/resolv.conf", uid=1000)
    assert aspects(compare(SOURCE, owned, CONFIG)) == [("/etc/resolv.conf", Aspect.EXTRA)]


def test_the_root_of_an_flist_is_the_hubs_own_or_the_images() -> None:
    source = read_tree(Tar().folder("./", mode=0o700).stream())
    assert compare(source, FlistFile(entries=FLIST.entries[:1]), None).equal
    assert compare(source, FlistFile(entries=source.entries), None).equal
    opened = replace(source.entries[0], mode=0o777)
    assert aspects(compare(source, FlistFile(entries=(opened,)), None)) == [("/", Aspect.MODE)]
    taken = replace(FLIST.entries[0], uid=1000)
    assert aspects(compare(source, FlistFile(entries=(taken,)), None)) == [
        ("/", Aspect.MODE),
        ("/", Aspect.OWNER),
    ]


def test_what_is_known_of_the_root_stands_in_the_sample() -> None:
    """Its record alone has no times: the Hub made it, and read the others from their folders."""
    timeless = [entry.path for entry in FLIST.entries if not entry.ctime]
    assert timeless == ["/"]
    root = FLIST.entries[0]
    assert (root.path, root.mode, root.uid, root.gid) == ("/", 0o755, 0, 0)


def test_what_an_allowance_ignores_makes_no_difference() -> None:
    other = {"special": SpecialType.FIFO, "mtime": 1, "ctime": 1, "uname": "x", "gname": "x"}
    assert {field for one in ALLOWANCES for field in one.ignores} == other.keys()
    assert compare(SOURCE, with_change("/var/fifo", **other), CONFIG).equal
    assert compare(SOURCE, with_change("/opt/sp ace", size=12288), CONFIG).equal


def test_every_allowance_has_a_reason() -> None:
    assert len({allowance.name for allowance in ALLOWANCES}) == len(ALLOWANCES)
    assert all(len(allowance.reason) > 30 for allowance in ALLOWANCES)


def test_lost_file_capabilities_are_warned_of_one_by_one() -> None:
    capability, note = "SCHILY.xattr.security.capability", "SCHILY.xattr.user.note"
    tar = Tar().add("ping", b"x", pax={capability: "1"}).add("other", b"y", pax={note: "1"})
    source = read_tree(tar.stream())
    found = compare(source, FlistFile(entries=source.entries), None)
    assert found.equal
    assert "/ping loses its file capabilities" in found.warnings[0]
    assert "1 paths (/other" in found.warnings[1]


def test_an_archive_has_no_startup_file() -> None:
    source = read_tree(Tar().add("vmlinuz", b"x").stream())
    assert compare(source, FlistFile(entries=source.entries), None).equal
    extra = Entry(path="/.startup.toml", type=EntryType.FILE, mode=0o644)
    found = compare(source, FlistFile(entries=(*source.entries, extra)), None)
    assert aspects(found) == [("/.startup.toml", Aspect.EXTRA)]


def test_counts_mode_holds_the_counts_against_each_other() -> None:
    assert compare_counts(SOURCE, FLIST.counts, CONFIG).equal
    found = compare_counts(SOURCE, replace(FLIST.counts, files=15, bytes=0), CONFIG)
    assert [str(d) for d in found.differences] == [
        "files: count: expected 16, found 15",
        "bytes: count: expected 2676143, found 0",
    ]


def test_a_startup_file_of_the_images_own_is_replaced_as_the_hub_does() -> None:
    own = Entry(path="/.startup.toml", type=EntryType.FILE, mode=0o600, size=9)
    source = replace(SOURCE, entries=(*SOURCE.entries, own))
    assert compare(source, FLIST, CONFIG).equal
    assert compare_counts(source, FLIST.counts, CONFIG).equal


def test_the_block_that_differs_is_named() -> None:
    blocks = next(e.blocks for e in FLIST.entries if e.path == "/opt/app/three-blocks")
    changed = (blocks[0], Block(b"x" * 16, b""), blocks[2])
    found = compare(SOURCE, with_change("/opt/app/three-blocks", blocks=changed), CONFIG)
    assert f"block 1 = {blocks[1].key.hex()}" in found.describe()


def test_counts_of_a_tree_without_its_startup_file() -> None:
    assert not compare_counts(SourceTree(entries=()), FLIST.counts, CONFIG).equal
