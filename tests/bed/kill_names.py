"""The names that runs leave in the registry and on the Hub, to be held against each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from tfimages_action.core.published.names import short

_RELEASE_TAG: Final = re.compile(r"v\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Every name in the registry and on the Hub, with what it stands for."""

    tags: dict[str, str]
    """`image:tag` to digest."""
    flists: dict[str, str]
    """Name, without the registry's, to `flist` or, for a link, its target."""


def shape(names: Names, release: str) -> set[str]:
    """The names that a release gave, without its number and its digests."""
    found = set()
    called: dict[str, str] = {}
    for name, digest in names.tags.items():
        image, _, tag = name.partition(":")
        released = names.tags.get(f"{image}:{release}", "")
        if digest == released:
            called[short(digest)] = f"<{image}>"
        word = _tag_word(tag, short(released), release, names_release=digest == released)
        if word:
            found.add(f"{image}: {word}")
    for name, target in names.flists.items():
        served = _called(target if target != "flist" else name, called)
        if served is not None and not _of_another(name, release):
            own = _called(name, called) or name.replace(f"-{release}.flist", "-<release>.flist")
            found.add(f"{own}: {'flist' if target == 'flist' else served}")
    return found


def _tag_word(tag: str, digits: str, release: str, *, names_release: bool) -> str:
    """What a tag is to the release whose digest begins with `digits`; empty for another's."""
    if tag == f"{digits}.flist":
        return "record"
    if not names_release:
        return ""
    match tag:
        case _ if tag == release:
            return "release"
        case _ if tag == digits:
            return "content"
        case _ if tag.startswith("fp-"):
            return "fingerprint"
        case _:
            return "" if _RELEASE_TAG.fullmatch(tag) else tag


def _called(name: str, called: dict[str, str]) -> str | None:
    stem, _, last = name.removesuffix(".flist").rpartition("-")
    return f"{stem}-{called[last]}" if last in called else None


def _of_another(name: str, release: str) -> bool:
    last = name.removesuffix(".flist").rpartition("-")[2]
    return bool(_RELEASE_TAG.fullmatch(last)) and last != release


def changed(before: Names, after: Names) -> list[str]:
    """Names that are given for good, and no longer stand for the same."""
    tags = {name: to for name, to in before.tags.items() if not name.endswith(":latest")}
    flists = {
        name: to
        for name, to in before.flists.items()
        if to == "flist" or _RELEASE_TAG.fullmatch(name.removesuffix(".flist").rpartition("-")[2])
    }
    lost = [name for name, to in tags.items() if after.tags.get(name) != to]
    return [*lost, *(name for name, to in flists.items() if after.flists.get(name) != to)]


def told_shape(report: dict[str, Any], release: str) -> dict[str, str]:
    """What a report says of each image, without numbers and digests."""
    return {name: _told(image, release) for name, image in (report.get("images") or {}).items()}


def _told(image: dict[str, Any], release: str) -> str:
    if image["outcome"] == "skipped":
        return "skipped"
    if image["failure"]:
        return str(image["failure"])
    digest = short(image["digest"] or "")
    tags = {reference.rpartition(":")[2] for reference in image["references"]}
    kinds = {
        "content" if tag == digest else "release" if tag == release else tag.split("-")[0]
        for tag in tags
    }
    # A promoted image was found under its fingerprint's name, which its report need not repeat.
    flist = "verified flist" if image["flist"] and image["verified"] else "no flist"
    stable = "stable" if image["stable"] else "not stable"
    return f"{', '.join(sorted(kinds - {'fp'}))}; {flist}; {stable}"
