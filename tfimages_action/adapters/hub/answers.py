"""The Hub's answers as values. Every number is as the Hub gave it; `directory` of a conversion
is not the number of directories (a dump's is).
"""  # noqa: D205

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tfimages_action.adapters.hub.fields import Fields


class EntryType(StrEnum):
    """What stands under a name."""

    REGULAR = "regular"
    SYMLINK = "symlink"
    TAGLINK = "taglink"
    TAG = "tag"
    OTHER = "other"
    """A word that the Hub didn't use when this was written."""

    @classmethod
    def read(cls, word: str) -> EntryType:
        return cls(word) if word in list(cls) else cls.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What an flist holds, by count; `fullsize` in bytes."""

    regular: int = 0
    symlink: int = 0
    directory: int = 0
    special: int = 0
    failure: int = 0
    fullsize: int = 0

    @classmethod
    def read(cls, fields: Fields) -> Statistics:
        """Missing numbers are zero: with its storage down the Hub answers `{}`."""
        return cls(
            regular=fields.number_or_none("regular") or 0,
            symlink=fields.number_or_none("symlink") or 0,
            directory=fields.number_or_none("directory") or 0,
            special=fields.number_or_none("special") or 0,
            failure=fields.number_or_none("failure") or 0,
            fullsize=fields.number_or_none("fullsize") or 0,
        )

    @property
    def credible(self) -> bool:
        """False for an flist that is empty or known to be incomplete."""
        return self.regular > 0 and self.failure == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """What stands under one name now."""

    name: str
    size: int
    updated: int
    """The Hub's clock, in whole seconds."""
    type: EntryType
    md5: str | None
    """Of the file, or of the link's target; `None` for a link that leads nowhere."""
    linktime: int | None = None
    target: str | None = None
    """As it stands in the link: `x.flist` or `../user/x.flist`."""
    hub_time: int | None = None
    """The Hub's clock when it said so."""

    @classmethod
    def read(cls, fields: Fields, hub_time: int | None) -> Light:
        return cls(
            name=fields.text("name"),
            size=fields.number_or_none("size") or 0,
            updated=fields.number_or_none("updated") or 0,
            type=EntryType.read(fields.text("type")),
            md5=fields.text_or_none("md5"),
            linktime=fields.number_or_none("linktime"),
            target=fields.text_or_none("target"),
            hub_time=hub_time,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of a user's listing."""

    name: str
    size: str
    """For people: `457.07 KB`."""
    updated: int
    type: EntryType
    linktime: int | None = None
    target: str | None = None
    """`x.flist` or `user/x.flist`."""

    @classmethod
    def read(cls, fields: Fields) -> Listed:
        return cls(
            name=fields.text("name"),
            size=fields.text("size"),
            updated=fields.number_or_none("updated") or 0,
            type=EntryType.read(fields.text("type")),
            linktime=fields.number_or_none("linktime"),
            target=fields.text_or_none("target"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpEntry:
    """One path of an flist; `None` where the name is no UTF-8."""

    path: str | None
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """An flist's paths and true counts."""

    entries: tuple[DumpEntry, ...]
    statistics: Statistics

    @classmethod
    def read(cls, fields: Fields) -> Dump | None:
        """`None` for the `{}` that stands for a dead link or an unreadable flist."""
        if not fields.has("content"):
            return None
        entries = tuple(
            DumpEntry(path=item.text_or_none("path"), size=item.number("size"))
            for item in fields.items("content")
        )
        return cls(entries=entries, statistics=Statistics.read(fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """What became of an upload: three words that must agree before it counts."""

    name: str
    success: bool
    status: int
    error: str
    statistics: Statistics

    @classmethod
    def read(cls, fields: Fields) -> Uploaded:
        payload = fields.within("payload")
        files = payload.within("files")
        error = files.within("error").text("message") if files.has("error") else ""
        return cls(
            name=payload.text("name"),
            success=files.flag("success"),
            status=files.number("status"),
            error=error,
            statistics=Statistics.read(files.within("response")),
        )

    @property
    def credible(self) -> bool:
        return self.success and self.status == 0 and self.statistics.credible


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted:
    """(user, flist) that was copied, and where to."""

    source: tuple[str, str]
    destination: tuple[str, str]
