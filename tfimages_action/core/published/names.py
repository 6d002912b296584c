"""Which names an image gets, in the registry and on the Hub. Pure; the registry says what is there.

Three tags of one digest (for a variant with its own tag in front, `24.04-v28`):

* the content's, `<digest12>`: never reused, what the Hub converts;
* the release's, `v28` (`+` becomes `_`), or for a branch push `<branch>-<sha7>`;
* the moving one, `latest` or the variant's: a release alone moves it, and only forward.

A refresh has `refresh` in the release's place, and `base-<B12>` where nothing had changed
(core/plan/refresh.py).

`rolled-back-from-v28` beside the moving name, on the same digest, says that somebody took it back
from v28 on purpose (core/plan/rollback.py).

`fp-<fingerprint12>` stands beside them where a later run may promote the image: it is the name an
image is pushed under, after its checks passed, before its digest is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tfimages_action.core import flist_name
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.reference import LATEST, ImageReference
from tfimages_action.core.tags import VersionTag, parse_version_tag

_DIGITS: Final = 12
_SHA_DIGITS: Final = 7
_MARK: Final = "rolled-back-from-"
_MAX_TAG: Final = 128
_CONTENT: Final = re.compile(r"[0-9a-f]{12}")
_NOT_IN_TAG: Final = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A version tag was pushed: its names, and the moving ones if it is the greatest."""

    version: VersionTag


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchPush:
    """A branch was pushed: its own names only."""

    branch: str
    commit: str
    trunk: bool = False
    """The default branch: what it builds may be promoted by a later release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """A release is built again on bases that moved: names of its own."""

    version: VersionTag
    switch: bool = False
    """The moving names follow."""
    confirmations: Mapping[str, ImageReference] = field(default_factory=dict)
    """By image, the name that says: current against today's bases."""


Occasion = Release | BranchPush | Refresh
"""What a run publishes for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Whether the moving names follow this run, and why not if they don't."""

    forward: bool
    reason: str = ""


def pushed_as(image: Image, occasion: Occasion) -> ImageReference:
    """The name to push a built and checked image under, while its digest is unknown."""
    match occasion:
        case BranchPush(trunk=False):
            return occasion_reference(image, occasion)
        case Refresh():
            return image.reference.with_tag(_tagged(image, "refreshing"))
        case _:
            return fingerprint_reference(image)


def fingerprint_reference(image: Image) -> ImageReference:
    """`fp-<fingerprint12>`: an image under it was built from just this, and passed its checks."""
    return image.reference.with_tag(f"fp-{short(image.fingerprint)}")


def content_reference(image: Image, digest: str) -> ImageReference:
    """The content's name, pinned by its digest."""
    tag = _tagged(image, short(digest))
    return image.reference.with_tag(tag).with_digest(digest)


def base_reference(image: Image, base: str) -> ImageReference:
    """`base-<B12>`: what this digest names is current against that base."""
    return image.reference.with_tag(_tagged(image, f"base-{short(base)}"))


def refresh_reference(image: Image) -> ImageReference:
    """`refresh`: what the last refresh that changed something published."""
    return image.reference.with_tag(_tagged(image, "refresh"))


def rolled_back_reference(image: Image, since: VersionTag) -> ImageReference:
    """The mark of a rollback, on the digest that the moving name went back to."""
    return image.reference.with_tag(_tagged(image, _rolled_back(since)))


def rolled_back_flist(image: Image, since: VersionTag) -> str:
    """The same mark on the Hub, for a full VM: a link to what the stable name went back to."""
    return flist_name.of_release(image.flist, _rolled_back(since))


def rollback_marks(image: Image, tags: Iterable[str]) -> tuple[VersionTag, ...]:
    """The releases that an image was ever taken back from, greatest first.

    A mark counts only while the moving name bears the same digest.
    """
    return _versions(_prefix(image) + _MARK, tags)


def rollback_flist_marks(image: Image, flists: Iterable[str]) -> tuple[VersionTag, ...]:
    """The same, read off the names of the Hub's flists."""
    return _versions(f"{_stem(image)}-{_MARK}", map(_without_suffix, flists))


def release_flists(image: Image, flists: Iterable[str]) -> tuple[str, ...]:
    """A full VM's releases among the names of the Hub's flists, greatest first."""
    found = _versions(f"{_stem(image)}-", map(_without_suffix, flists))
    return tuple(occasion_flist(image, Release(version=version)) for version in found)


def occasion_reference(image: Image, occasion: Occasion) -> ImageReference:
    """The release's name, or the branch push's."""
    return image.reference.with_tag(_tagged(image, _occasion_tag(occasion)))


def own_references(image: Image, occasion: Occasion, digest: str) -> tuple[ImageReference, ...]:
    """The names that this digest gets at once: the content's (first) and the occasion's.

    A refresh's own name is a moving one: it comes last of all.
    """
    if isinstance(occasion, Refresh):
        return (content_reference(image, digest),)
    return content_reference(image, digest), occasion_reference(image, occasion)


def content_flist(image: Image, digest: str) -> str:
    """The flist's content name: what the Hub calls the conversion of the content's reference."""
    if image.kind is Kind.VM:
        return flist_name.of_archive(image.flist.removesuffix(flist_name.SUFFIX), digest)
    return flist_name.of_image(_without_digest(content_reference(image, digest)))


def occasion_flist(image: Image, occasion: Occasion) -> str:
    """The flist's name for a release or a branch push: a link to the content's."""
    if image.flist == flist_name.of_image(str(image.reference)):
        return flist_name.of_image(str(occasion_reference(image, occasion)))
    return flist_name.of_release(image.flist, _occasion_tag(occasion))


def flist_links(image: Image, occasion: Occasion, move: Move) -> tuple[str, ...]:
    """The names that become links to the content's flist, the stable one last."""
    return (occasion_flist(image, occasion), *((image.flist,) if move.forward else ()))


def releases(
    image: Image, tags: Iterable[str], *, moving: frozenset[str] = frozenset()
) -> tuple[tuple[VersionTag, ImageReference], ...]:
    """The release names of one image among its repository's tags, greatest version first.

    `moving` holds the moving tags of all images of the repository: neither a variant called `22.10`
    nor its `22.10-v28` is a release of `latest`. A content name of twelve digits is none either.
    """
    prefix = _prefix(image)
    others = moving - {image.reference.tag or LATEST, LATEST}
    found = []
    for tag in tags:
        rest = tag.removeprefix(prefix)
        if not tag.startswith(prefix) or _CONTENT.fullmatch(rest) or _is_of(others, tag):
            continue
        version = parse_version_tag(rest.replace("_", "+"))
        if version is not None:
            found.append((version, image.reference.with_tag(tag)))
    return tuple(sorted(found, key=lambda pair: (pair[0], pair[0].text), reverse=True))


def move_of(
    occasion: Occasion,
    published: VersionTag | None,
    name: str = LATEST,
    *,
    rolled_back: VersionTag | None = None,
) -> Move:
    """Whether moving names go to this run's digest.

    `published` is the greatest release whose name bears the digest that the moving name bears
    now; `None` where there is none. `rolled_back` is the release that the moving name was taken
    back from. `name` is the moving name, for the reason's text.
    """
    match occasion:
        case BranchPush():
            return Move(forward=False, reason=f"{name} stays: a branch push has names of its own")
        case Refresh(switch=False):
            return Move(forward=False, reason=f"{name} stays: refresh-switch is off")
        case Release(version=version) | Refresh(version=version) if version.is_prerelease:
            return Move(forward=False, reason=f"{name} stays: {version.text} is a pre-release")
        case Release(version=version) | Refresh(version=version) if (
            published is not None and version < published
        ):
            reason = f"{name} stays at {published.text}: {version.text} is lower"
            return Move(forward=False, reason=reason)
        case Release(version=version) | Refresh(version=version) if (
            rolled_back is not None and version <= rolled_back
        ):
            reason = f"{name} stays: it was rolled back from {rolled_back.text} on purpose, and "
            return Move(forward=False, reason=f"{reason}only a greater release moves it on")
        case Release() | Refresh():
            return Move(forward=True)


def short(digest: str) -> str:
    """The first twelve digits of a digest or a fingerprint."""
    return digest.rpartition(":")[2][:_DIGITS]


def _occasion_tag(occasion: Occasion) -> str:
    match occasion:
        case Release(version=version):
            return version.text.replace("+", "_")
        case BranchPush(branch=branch, commit=commit):
            word = _NOT_IN_TAG.sub("-", branch).strip("-.") or "branch"
            return f"{word}-{commit[:_SHA_DIGITS]}"
        case Refresh():
            return "refresh"


def _stem(image: Image) -> str:
    return _without_suffix(image.flist)


def _without_suffix(flist: str) -> str:
    return flist.removesuffix(flist_name.SUFFIX)


def _rolled_back(since: VersionTag) -> str:
    return f"{_MARK}{since.text.replace('+', '_')}"


def _versions(prefix: str, names: Iterable[str]) -> tuple[VersionTag, ...]:
    found = (
        parse_version_tag(name.removeprefix(prefix).replace("_", "+"))
        for name in names
        if name.startswith(prefix)
    )
    return tuple(sorted((one for one in found if one is not None), reverse=True))


def _is_of(others: frozenset[str], tag: str) -> bool:
    """Whether a tag is one of other images' moving tags, or begins with one."""
    return any(tag == other or tag.startswith(f"{other}-") for other in others)


def _tagged(image: Image, tag: str) -> str:
    """With the variant in front; too long a branch loses its beginning, never its commit."""
    prefix = _prefix(image)
    return prefix + tag[-(_MAX_TAG - len(prefix)) :]


def _prefix(image: Image) -> str:
    tag = image.reference.tag
    return "" if tag in {None, LATEST} else f"{tag}-"


def _without_digest(reference: ImageReference) -> str:
    return f"{reference.name}:{reference.tag}"
