"""What one flist has that another has not: files added, removed, changed, and their sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tfimages_action.flist.entries import Entry, EntryType, path_bytes, shown
from tfimages_action.flist.merkle import leaf

_UNITS: Final = ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"))


class Change(StrEnum):
    """What happened to a path."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PathChange:
    """One path that is not the same in both."""

    path: str
    change: Change
    what: str = ""
    """For a changed path, the parts that changed: `content, mode 0644 -> 0755`."""
    size_delta: int = 0
    """Bytes of content more (or less) than before."""

    def __str__(self) -> str:
        sign = {Change.ADDED: "+", Change.REMOVED: "-", Change.CHANGED: "~"}[self.change]
        return f"{sign} {shown(self.path)}" + (f" ({self.what})" if self.what else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlistDifference:
    """All changes, sorted by path."""

    changes: tuple[PathChange, ...] = ()

    @property
    def size_delta(self) -> int:
        """Bytes of content more (or less) in all."""
        return sum(change.size_delta for change in self.changes)

    def count(self, change: Change) -> int:
        """How many paths were added, removed or changed."""
        return sum(one.change is change for one in self.changes)

    def largest(self, limit: int = 3) -> tuple[str, ...]:
        """The changes that weigh most: `+38 MB: /usr/lib/libLLVM.so.19`."""
        heavy = sorted(
            (one for one in self.changes if one.size_delta), key=lambda one: -abs(one.size_delta)
        )
        return tuple(f"{signed_size(one.size_delta)}: {shown(one.path)}" for one in heavy[:limit])


def difference(old: Sequence[Entry], new: Sequence[Entry]) -> FlistDifference:
    """What changes from `old` to `new`; times and owners' names don't count."""
    before, after = ({entry.path: entry for entry in side} for side in (old, new))
    changes = []
    for path in sorted(before.keys() | after.keys(), key=path_bytes):
        was, now = before.get(path), after.get(path)
        if was and now and leaf(was) == leaf(now):
            continue
        changes.append(_change(path, was, now))
    return FlistDifference(changes=tuple(changes))


def signed_size(size: int) -> str:
    """`+38 MB`, `-512 bytes`; decimal units."""
    for unit, name in _UNITS:
        if abs(size) >= unit:
            return f"{size / unit:+.{0 if abs(size) >= 10 * unit else 1}f} {name}"
    return f"{size:+d} bytes"


def _change(path: str, was: Entry | None, now: Entry | None) -> PathChange:
    delta = _weight(now) - _weight(was)
    if was is None:
        return PathChange(path=path, change=Change.ADDED, size_delta=delta)
    if now is None:
        return PathChange(path=path, change=Change.REMOVED, size_delta=delta)
    return PathChange(path=path, change=Change.CHANGED, what=_what(was, now), size_delta=delta)


def _what(was: Entry, now: Entry) -> str:
    if was.type is not now.type:
        return f"{was.type} -> {now.type}"
    parts = {
        "content": was.keys != now.keys,
        f"mode {was.mode:04o} -> {now.mode:04o}": was.mode != now.mode,
        f"owner {was.uid}:{was.gid} -> {now.uid}:{now.gid}": (was.uid, was.gid)
        != (now.uid, now.gid),
        f"target {shown(was.target)} -> {shown(now.target)}": was.target != now.target,
        f"device {shown(was.device)} -> {shown(now.device)}": was.device != now.device,
        signed_size(now.size - was.size): was.size != now.size and now.type is EntryType.FILE,
    }
    return ", ".join(text for text, changed in parts.items() if changed)


def _weight(entry: Entry | None) -> int:
    return entry.size if entry and entry.type is EntryType.FILE else 0
