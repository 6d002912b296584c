"""The catalogue for those who boot the images: what each is, where it is, what moves. Pure text."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tfimages_action.report import markdown, words

ADVICE: Final = (
    "Deploy from the **immutable** address: what it serves never changes. A **stable** address "
    "moves to each new release. ZOS fetches an address whenever it mounts it: a running VM keeps "
    "what it has, and after its node restarts or mounts it again it stands on the new release, "
    "with its old writable layer on top. Take the stable address for what can be made anew."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An image's addresses on the Hub, as they were found."""

    immutable: str | None = None
    """`None`: the Hub has no flist of what the registry has."""
    md5: str = ""
    stable: str = ""
    stable_is_current: bool = False
    """Whether the stable address leads to the immutable one's flist."""
    verified: datetime | None = None
    """When the flist was made; names are switched to one that was proved, and to no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One image. Texts are Markdown on one line; what nobody could tell is empty or `None`."""

    name: str
    title: str = ""
    what: str = ""
    kind: str = "container"
    folder: str = ""
    reference: str = ""
    digest: str = ""
    version: str = ""
    versions: tuple[str, ...] = ()
    """Releases that the registry has, greatest first."""
    size_bytes: int | None = None
    """Compressed, as it is downloaded."""
    entry_point: str = ""
    """As a shell would write it."""
    environment: tuple[tuple[str, str], ...] = ()
    """(variable, meaning)."""
    architectures: tuple[str, ...] = ()
    place: Place | None = None
    """`None`: no Hub was asked."""
    note: str = ""
    """Why something is missing."""
    retired: str = ""
    """The release since which nothing makes it any more; empty for what is made."""


def render_json(entries: Sequence[Entry]) -> str:
    """An array of objects with the fields of `Entry`; times in ISO 8601."""
    plain = [dataclasses.asdict(entry) for entry in entries]
    return json.dumps(plain, indent=1, default=_iso, ensure_ascii=False) + "\n"


def render_markdown(entries: Sequence[Entry], *, title: str) -> str:
    """A section per image, its immutable address first."""
    parts = [f"# {markdown.text(title)}", ADVICE, _overview(entries)]
    parts += [_section(entry) for entry in entries]
    return "\n\n".join(part for part in parts if part) + "\n"


def facts(entry: Entry) -> tuple[tuple[str, str], ...]:
    """(label, value) of the small facts, in the order of the page; the values are plain text."""
    found = (
        ("version", entry.version),
        ("all versions", ", ".join(entry.versions)),
        ("size", words.size(entry.size_bytes) if entry.size_bytes is not None else ""),
        ("entry point", entry.entry_point),
        ("architecture", ", ".join(entry.architectures)),
        ("verified", verified(entry)),
        ("image", entry.reference),
        ("digest", entry.digest),
    )
    return tuple((label, value) for label, value in found if value)


def verified(entry: Entry) -> str:
    """When the flist was proved equal to its image; empty where nobody can tell."""
    place = entry.place
    if place is None or place.verified is None or not place.stable_is_current:
        return ""
    return f"{place.verified:%Y-%m-%d %H:%M} UTC"


def stable_word(place: Place) -> str:
    """What stands beside the stable address."""
    return "" if place.stable_is_current else "serves another release now"


def retired_word(entry: Entry) -> str:
    """What whoever uses a retired image should know."""
    return (
        f"nothing makes it any more since {entry.retired}. What was published stays where it is, "
        "and gets no updates."
    )


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is nothing that a catalogue holds")


def _overview(entries: Sequence[Entry]) -> str:
    rows = [
        (
            f"[{markdown.code(entry.name)}](#{_anchor(entry.name)})",
            _title(entry),
            " ".join(filter(None, (entry.version, "(retired)" if entry.retired else ""))),
            words.size(entry.size_bytes) if entry.size_bytes is not None else "",
        )
        for entry in entries
    ]
    return markdown.table(("image", "what it is", "version", "size"), rows) if rows else ""


def _section(entry: Entry) -> str:
    lines = [f"## {entry.name}", entry.what or _title(entry)]
    if entry.retired:
        lines.append(f"> **Retired**: {markdown.text(retired_word(entry))}")
    place = entry.place
    if place is not None and place.immutable:
        lines.append(f"Immutable address (md5 {markdown.code(place.md5)}):")
        lines.append(markdown.block([place.immutable]))
        word = stable_word(place)
        lines.append(f"Stable address{f' (**{word}**)' if word else ''}:")
        lines.append(markdown.block([place.stable]))
    if entry.note:
        lines.append(f"> {markdown.text(entry.note)}")
    small = [(label, markdown.code(value)) for label, value in facts(entry)]
    if small:
        lines.append(markdown.table(("", ""), small))
    if entry.environment:
        rows = [(markdown.code(name), meaning) for name, meaning in entry.environment]
        lines.append(markdown.table(("variable", "meaning"), rows))
    return "\n\n".join(line for line in lines if line)


def _title(entry: Entry) -> str:
    return entry.title or entry.what


def _anchor(name: str) -> str:
    """As GitHub makes it of a heading."""
    kept = (char for char in name.lower() if char.isalnum() or char in "-_ ")
    return "".join(kept).replace(" ", "-")
