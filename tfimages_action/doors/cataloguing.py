"""Gathers what the catalogue says: from the revision's READMEs, the registry and the Hub."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from tfimages_action.core.catalog.model import Catalog, Image
from tfimages_action.core.catalog.readme import Readme, read_readme
from tfimages_action.core.config.checks import BootCheck, SshCheck
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.published import names
from tfimages_action.core.published.record import Record, RecordAnswer, Unreadable
from tfimages_action.core.reference import LATEST, ImageReference
from tfimages_action.core.tree import Revision, walk
from tfimages_action.doors.planning.retired import Retired
from tfimages_action.errors import TfImagesError
from tfimages_action.report.catalog import Entry, Place

if TYPE_CHECKING:
    from tfimages_action.adapters.hub.reading import HubReader

_ASKING: Final = 8
_README: Final = "README.md"
_SSH_KEY: Final = ("SSH_KEY", "public keys for SSH, one a line")


class Registry(Protocol):
    """What is asked of a registry; `None` and an empty answer mean a 404."""

    def tags(self, reference: ImageReference) -> tuple[str, ...]: ...
    def size(self, reference: ImageReference, digest: str) -> int: ...
    def config(self, reference: ImageReference, digest: str) -> Mapping[str, Any] | None: ...


class Records(Protocol):
    """Reads what is published under references."""

    def read(
        self, references: Iterable[ImageReference]
    ) -> Mapping[ImageReference, RecordAnswer]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom the catalogue asks. Without them it says what the repository says."""

    registry: Registry | None = None
    records: Records | None = None
    hub: HubReader | None = None
    hub_user: str = ""


def gather(
    catalog: Catalog, revision: Revision, asked: Asked, retired: Sequence[Retired] = ()
) -> tuple[Entry, ...]:
    """Make an entry per image, by name, those that are retired last.

    What one of them can't tell is noted in its entry.
    """
    gone = [one.image for one in retired]
    images = [*sorted(catalog.images, key=lambda image: image.name), *gone]
    moving = frozenset(image.reference.tag or LATEST for image in images)
    readmes = _readmes(catalog.images, revision)
    described = {image.name: readmes.get(image.folder, Readme()) for image in catalog.images}
    for one in retired:
        then = _readmes([one.image], one.revision)
        described[one.image.name] = then.get(one.image.folder, Readme())
    since = {one.image.name: one.since for one in retired}

    def entry(image: Image) -> Entry:
        known = {**_described(image, described[image.name]), "retired": since.get(image.name, "")}
        return _with_published(known, image, asked, moving)

    with ThreadPoolExecutor(max_workers=_ASKING, thread_name_prefix="catalog") as pool:
        return tuple(pool.map(entry, images))


def _readmes(images: Iterable[Image], revision: Revision) -> dict[str, Readme]:
    wanted = {posixpath.join(image.folder, _README).lstrip("/"): image.folder for image in images}
    return {
        wanted[entry.path]: read_readme(revision.read(entry.blob).decode(errors="replace"))
        for entry in walk(revision.tree())
        if entry.path in wanted
    }


def _described(image: Image, readme: Readme) -> dict[str, Any]:
    variables = dict(readme.variables)
    if any(isinstance(check, SshCheck) for check in image.checks.checks):
        # What lets people in is inherited, and rarely told again.
        variables.setdefault(*_SSH_KEY)
    return {
        "name": image.name,
        "title": readme.title,
        "what": readme.sentence,
        "kind": image.kind.value,
        "folder": image.folder,
        "reference": "" if image.kind is Kind.VM else str(image.reference),
        "environment": tuple(variables.items()),
        "architectures": tuple(one.partition("/")[2] for one in image.platforms),
        "entry_point": _boot_word(image),
    }


def _boot_word(image: Image) -> str:
    boots = any(isinstance(check, BootCheck) for check in image.checks.checks)
    return "its own kernel (/boot/vmlinuz)" if boots or image.kind is Kind.VM else ""


def _with_published(
    described: dict[str, Any], image: Image, asked: Asked, moving: frozenset[str]
) -> Entry:
    try:
        record = _record(image, asked)
        match record:
            case None if asked.records is None and asked.hub is None:
                return Entry(**described)
            case None:
                return Entry(**described, note="not published yet")
            case Unreadable(cause=cause):
                return Entry(**described, note=f"could not be asked for: {cause}")
            case Record():
                found = _published(image, record, asked, moving)
                return Entry(**{**described, **found})
    except TfImagesError as error:
        return Entry(**described, note=f"could not be asked for: {error.message}")


def _record(image: Image, asked: Asked) -> RecordAnswer:
    if image.kind is Kind.VM:
        if asked.hub is None:
            return None
        from tfimages_action.adapters.hub.states import vm_record

        return vm_record(asked.hub, asked.hub_user, image)
    return asked.records.read([image.reference])[image.reference] if asked.records else None


def _published(
    image: Image, record: Record, asked: Asked, moving: frozenset[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {"digest": record.digest, "version": record.version or ""}
    if asked.registry is not None and image.kind is Kind.CONTAINER:
        releases = names.releases(image, asked.registry.tags(image.reference), moving=moving)
        config = asked.registry.config(image.reference, record.digest) or {}
        found["versions"] = tuple(version.text for version, _ in releases)
        found["size_bytes"] = asked.registry.size(image.reference, record.digest) or None
        found["entry_point"] = _entry_point(config.get("config") or {})
        if not image.platforms and config.get("architecture"):
            found["architectures"] = (str(config["architecture"]),)
    if asked.hub is not None:
        place = _place(image, record, asked.hub, asked.hub_user)
        found["place"] = place
        if place.immutable is None:
            found["note"] = "the Hub has no flist of what the registry has"
    return found


def _entry_point(config: Mapping[str, Any]) -> str:
    words: Sequence[str] = [*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())]
    return shlex.join(map(str, words))


def _place(image: Image, record: Record, hub: HubReader, user: str) -> Place:
    name = names.content_flist(image, record.digest)
    content = hub.light(user, name)
    if content is None or content.md5 is None:
        return Place(stable=hub.address(user, image.flist))
    stable = hub.light(user, image.flist)
    return Place(
        immutable=hub.address(user, name),
        md5=content.md5,
        stable=hub.address(user, image.flist),
        # A link's md5 is its target's: one comparison for links and for copies.
        stable_is_current=stable is not None and stable.md5 == content.md5,
        verified=datetime.fromtimestamp(content.updated, UTC) if content.updated else None,
    )
