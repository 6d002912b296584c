"""Version tags: which tags are versions, how they are ordered, which one came before.

A version is semver with the short forms that people use (`v27`, `1.2`), with or without `v`. A
trailing letter (`v28a`) is the same version once more: it comes after `v28` and asks that every
image be rebuilt. Precedence: https://semver.org/#spec-item-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, total_ordering
from typing import Final

from semver import Version

from tfimages_action.errors import TagError

_NUMBER: Final = r"(?:0|[1-9][0-9]*)"
_TAG: Final = re.compile(
    rf"v?(?P<core>{_NUMBER}(?:\.{_NUMBER}){{0,2}})"
    r"(?:(?P<letter>[a-z])|(?P<rest>(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?))"
)
_FULL: Final = 3

CommitOf = Callable[[str], str | None]
"""The commit id that a tag leads to; `None` where the tag is gone."""


@total_ordering
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VersionTag:
    """A tag that is a version. Equal where only the spelling differs: `v28`, `28`, `v28.0.0`."""

    text: str
    version: Version
    letter: str = ""
    """`a` of `v28a`: rebuild all."""
    numbers: int = _FULL
    """How many of major, minor and patch are written out."""

    @property
    def rebuilds_all(self) -> bool:
        return bool(self.letter)

    @property
    def is_prerelease(self) -> bool:
        return self.version.prerelease is not None

    @property
    def _key(self) -> tuple[Version, str]:
        return self.version, self.letter

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VersionTag) and self._key == other._key

    def __lt__(self, other: VersionTag) -> bool:
        return self._key < other._key

    def __hash__(self) -> int:
        return hash((self.version.to_tuple()[:4], self.letter))

    def abbreviates(self, longer: VersionTag) -> bool:
        """Whether this is a short form under which `longer` falls: `v1` of `v1.4.2`."""
        if self.letter or self.is_prerelease or self.numbers >= longer.numbers:
            return False
        return self.version.to_tuple()[: self.numbers] == longer.version.to_tuple()[: self.numbers]


@cache
def parse_version_tag(text: str) -> VersionTag | None:
    """Read a tag as a version; `None` for every other tag."""
    match = _TAG.fullmatch(text)
    if match is None:
        return None
    core = match["core"]
    numbers = core.count(".") + 1
    try:
        version = Version.parse(core + ".0" * (_FULL - numbers) + (match["rest"] or ""))
    except ValueError:
        return None
    return VersionTag(text=text, version=version, letter=match["letter"] or "", numbers=numbers)


def require_version_tag(text: str) -> VersionTag:
    """Read a tag that has to be a version. Raises `TagError`."""
    tag = parse_version_tag(text)
    if tag is None:
        raise TagError(
            f"the tag {text!r} is no version",
            hint="push a tag like v1.2.3, 1.2 or v27 (pre-releases: v2.0.0-rc.1), "
            "or let the workflow run for such tags only: on: push: tags: ['v*']; to plan it all "
            "the same, name what to compare it with (`previous`)",
        )
    return tag


def alias_of(tag: VersionTag, tags: Iterable[str], commit_of: CommitOf) -> str | None:
    """Name the longer tag on the same commit that `tag` merely abbreviates, if there is one.

    `v1` moved along to `v1.4.2` (as actions keep it) is such an alias: planning ignores it.
    """
    longer = sorted((one for one in _versions(tags) if tag.abbreviates(one)), key=_order)
    commit = commit_of(tag.text) if longer else None
    if commit is None:
        return None
    # The greatest first: it is mostly that one, and to ask of each may cost a request.
    return next((one.text for one in reversed(longer) if commit_of(one.text) == commit), None)


def previous_tag(current: VersionTag, tags: Iterable[str], commit_of: CommitOf) -> str | None:
    """Name the greatest version tag below `current`; `None` for the first.

    The order is by version alone: the tag may lie on another branch, or on the same commit.
    """
    names = tuple(tags)
    return _greatest((tag for tag in _versions(names) if tag < current), names, commit_of)


def newest_tag(tags: Iterable[str], commit_of: CommitOf) -> str | None:
    """Name the greatest version tag there is."""
    names = tuple(tags)
    return _greatest(_versions(names), names, commit_of)


def _greatest(found: Iterable[VersionTag], tags: Iterable[str], commit_of: CommitOf) -> str | None:
    """The greatest of them, less aliases and tags that lead to no commit (to a tree, a blob).

    `commit_of` is asked for it, for those passed over, and for tags that could be aliases.
    """
    for tag in sorted(found, key=_order, reverse=True):
        if commit_of(tag.text) is not None and alias_of(tag, tags, commit_of) is None:
            return tag.text
    return None


def _versions(tags: Iterable[str]) -> list[VersionTag]:
    return [tag for tag in map(parse_version_tag, tags) if tag is not None]


def _order(tag: VersionTag) -> tuple[Version, str, int, str]:
    # Of two spellings of one version the longer one is the more deliberate.
    return tag.version, tag.letter, tag.numbers, tag.text
