"""Is this flist that image? Every path, type, mode, owner, size, target and block key.

What may differ is in `ALLOWANCES` and nowhere else, each with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from tfimages_action.flist.entries import STARTUP_PATH, Entry, EntryType, path_bytes, shown
from tfimages_action.flist.reader import Counts, FlistFile, count
from tfimages_action.flist.source import SourceTree
from tfimages_action.flist.startup import StartConfig, command_line, startup_entry

_CAPABILITY: Final = "security.capability"
_STUB_FILES: Final = frozenset(
    {"/.dockerenv", "/dev/console", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf"}
)
_STUB_DIRECTORIES: Final = frozenset({"/dev", "/dev/pts", "/dev/shm", "/proc", "/sys"})  # noqa: S108 - paths in an image
_STUB_LINK: Final = ("/etc/mtab", "/proc/mounts")
_STUB_DIRECTORY_MODE: Final = 0o755
_HUB_ROOT: Final = (0o755, 0, 0)
"""Mode, uid and gid of the root folder that the Hub makes."""


class Aspect(StrEnum):
    """What differs."""

    MISSING = "missing"
    EXTRA = "extra"
    TYPE = "type"
    MODE = "mode"
    OWNER = "owner"
    SIZE = "size"
    TARGET = "target"
    DEVICE = "device"
    CONTENT = "content"
    STARTUP = "startup"
    COUNT = "count"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as it should be; `expected` and `found` are for a person."""

    path: str
    aspect: Aspect
    expected: str = ""
    found: str = ""

    def __str__(self) -> str:
        sides = f": expected {self.expected}, found {self.found}" if self.expected else ""
        return f"{shown(self.path)}: {self.aspect}{sides}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The verdict; warnings are losses that the Hub makes certain and no flist can avoid."""

    differences: tuple[Difference, ...] = ()
    warnings: tuple[str, ...] = ()
    compared: int = 0
    """Entries held against each other."""

    @property
    def equal(self) -> bool:
        return not self.differences

    def describe(self, limit: int = 20) -> str:
        """The differences, a line each, at most `limit` of them."""
        lines = [str(difference) for difference in self.differences[:limit]]
        more = len(self.differences) - limit
        return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """A known difference, and why it is let through."""

    name: str
    reason: str
    ignores: tuple[str, ...] = ()
    """Fields of an entry that no aspect asks for."""
    apply: Callable[[Entry], Entry | None] | None = None
    """Brings either side to one form, or drops it (`None`)."""


def _without_stub(entry: Entry) -> Entry | None:
    match entry.type:
        case EntryType.FILE:
            stub = entry.path in _STUB_FILES and not entry.size
        case EntryType.DIRECTORY:
            stub = entry.path in _STUB_DIRECTORIES and entry.mode == _STUB_DIRECTORY_MODE
        case EntryType.LINK:
            stub = (entry.path, entry.target) == _STUB_LINK
        case _:
            stub = False
    return None if stub and entry.uid == entry.gid == 0 else entry


def _without_directory_size(entry: Entry) -> Entry:
    return replace(entry, size=0) if entry.type is EntryType.DIRECTORY else entry


def _root_of_the_hub(want: Entry, have: Entry) -> Entry:
    """The image's root folder, with what the Hub makes of one where it made it."""
    own = (have.mode, have.uid, have.gid) == _HUB_ROOT
    return replace(want, mode=have.mode, uid=have.uid, gid=have.gid) if own else want


ALLOWANCES: Final = (
    Allowance(
        name="the root",
        reason="the flist's root folder may be 0755 and root's where the image's is not: seen is "
        "one Hub's flist, whose root alone has no times, so its record was made and not read from "
        "the folder; exports name no root folder, and an upload whose root is another was never "
        "seen: so the image's own is right as well, and nothing else is",
    ),
    Allowance(
        name="stub files",
        reason="docker puts empty files and folders of its own over the image's at every export, "
        "which ones depends on its version; only the empty stub, owned by root, is let through",
        apply=_without_stub,
    ),
    Allowance(
        name="special files",
        reason="the Hub writes every special file's kind as socket; the device numbers are kept",
        ignores=("special",),
    ),
    Allowance(
        name="hard links",
        reason="the format has none: each becomes a copy, and is read as one on both sides",
    ),
    Allowance(
        name="directory sizes",
        reason="a directory's size is that of the converter's file system",
        apply=_without_directory_size,
    ),
    Allowance(
        name="times",
        reason="ctime is that of the conversion, and docker's stubs are made anew at each",
        ignores=("mtime", "ctime"),
    ),
    Allowance(
        name="owners' names",
        reason="they come from the Hub's own passwd; the numbers are the image's",
        ignores=("uname", "gname"),
    ),
)


def compare(source: SourceTree, flist: FlistFile, config: StartConfig | None) -> Comparison:
    """Hold an flist against its image.

    `config` is the image's: `/.startup.toml` must be what the Hub makes of it. `None` for an
    archive: then the file is one like any other.
    """
    expected = _index(_with_startup(source.entries, config))
    found = _index(flist.entries)
    differences = [
        Difference(path=text.partition(": ")[0], aspect=Aspect.CONTRADICTION, expected="one word",
                   found=text.partition(": ")[2])
        for text in flist.problems
    ]  # fmt: skip
    for path in sorted(expected.keys() | found.keys(), key=path_bytes):
        differences += _differences(path, expected.get(path), found.get(path), config)
    return Comparison(
        differences=tuple(differences),
        warnings=tuple(_warnings(source, config)),
        compared=len(expected),
    )


def compare_counts(source: SourceTree, found: Counts, config: StartConfig | None) -> Comparison:
    """Hold no more than the counts and the sum of bytes against each other: `verify: counts`."""
    wanted = count(_with_startup(source.entries, config))
    pairs = [
        ("files", wanted.files, found.files),
        ("links", wanted.links, found.links),
        ("directories", wanted.directories, found.directories),
        ("special files", wanted.specials, found.specials),
        ("bytes", wanted.bytes, found.bytes),
    ]
    return Comparison(
        differences=tuple(
            Difference(path=name, aspect=Aspect.COUNT, expected=str(want), found=str(have))
            for name, want, have in pairs
            if want != have
        ),
        warnings=tuple(_warnings(source, config)),
        compared=len(pairs),
    )


def _with_startup(entries: Sequence[Entry], config: StartConfig | None) -> tuple[Entry, ...]:
    if config is None:
        return tuple(entries)
    others = (entry for entry in entries if entry.path != STARTUP_PATH)
    return (*others, startup_entry(config))


def _index(entries: Sequence[Entry]) -> dict[str, Entry]:
    rules = [one.apply for one in ALLOWANCES if one.apply]
    index = {}
    for entry in entries:
        kept: Entry | None = entry
        for rule in rules:
            kept = rule(kept) if kept else None
        if kept:
            index[kept.path] = kept
    return index


def _differences(
    path: str, want: Entry | None, have: Entry | None, config: StartConfig | None
) -> Iterator[Difference]:
    if want is None or have is None:
        yield Difference(path=path, aspect=Aspect.EXTRA if want is None else Aspect.MISSING)
        return
    if config and path == STARTUP_PATH and want.keys != have.keys:
        program, arguments = command_line(config)
        line = " ".join((program, *(arguments or ())))
        yield Difference(
            path=path, aspect=Aspect.STARTUP, expected=f"the start of {line!r}", found="another"
        )
        return
    if _facts(want) == _facts(have):
        return
    if path == "/":
        want = _root_of_the_hub(want, have)
    for aspect, expected, found in _aspects(want, have):
        if expected != found:
            yield Difference(path=path, aspect=aspect, expected=expected, found=found)


def _facts(entry: Entry) -> tuple[object, ...]:
    """All that counts, for one comparison where nothing differs; `_aspects` tells them apart."""
    return (
        entry.type,
        entry.mode,
        entry.uid,
        entry.gid,
        entry.size,
        entry.target,
        entry.device,
        entry.keys,
    )


def _aspects(want: Entry, have: Entry) -> Iterator[tuple[Aspect, str, str]]:
    yield Aspect.TYPE, want.type, have.type
    if want.type is not have.type:
        return
    yield Aspect.MODE, f"{want.mode:04o}", f"{have.mode:04o}"
    yield Aspect.OWNER, f"{want.uid}:{want.gid}", f"{have.uid}:{have.gid}"
    yield Aspect.TARGET, shown(want.target), shown(have.target)
    yield Aspect.DEVICE, shown(want.device), shown(have.device)
    yield Aspect.SIZE, f"{want.size} bytes", f"{have.size} bytes"
    if want.size == have.size and want.keys != have.keys:
        yield Aspect.CONTENT, *_content(want.keys, have.keys)


def _content(want: tuple[bytes, ...], have: tuple[bytes, ...]) -> tuple[str, str]:
    if len(want) != len(have):
        return f"{len(want)} blocks", f"{len(have)} blocks"
    at = next(i for i, pair in enumerate(zip(want, have, strict=True)) if pair[0] != pair[1])
    return f"block {at} = {want[at].hex()}", have[at].hex()


def _warnings(source: SourceTree, config: StartConfig | None) -> Iterator[str]:
    if config and config.drops_command:
        cmd, kept = " ".join(config.cmd or ()), " ".join(config.entrypoint or ())
        yield (
            f"the Hub drops CMD ({cmd}) because ENTRYPOINT has more than one element: "
            f"the flist starts {kept!r}; put all of it into ENTRYPOINT"
        )
    lost = [path for path, name in source.xattrs if name == _CAPABILITY]
    for path in lost:
        yield f"{shown(path)} loses its file capabilities: an flist can't keep them"
    others = sorted({shown(path) for path, name in source.xattrs if name != _CAPABILITY})
    if others:
        yield f"extended attributes are lost on {len(others)} paths ({', '.join(others[:3])}...)"
