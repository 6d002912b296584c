"""The labels of a published image, written and read: its only state.

They are written in full on every image, empty where there is nothing to say, since a child
inherits its parent's. Lists are joined by one space.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.published.record import (
    LABEL_EXTERNALS,
    LABEL_FINGERPRINT,
    LABEL_FORCE,
    LABEL_PARENT,
    OCI,
    Record,
)
from tfimages_action.core.reference import ImageReference, ReferenceSyntaxError

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
Pin = tuple[str, str]
"""An external reference in its full form, without digest, and the digest it stood for."""


def compose(
    image: Image,
    *,
    source: str,
    revision: str | None,
    version: str,
    created: datetime,
    externals: tuple[Pin, ...] = (),
    base: Pin | None = None,
    parents: tuple[tuple[str, str], ...] = (),
    force: str | None = None,
) -> tuple[tuple[str, str], ...]:
    """Every label of one image, sorted by key.

    `source` is the repository's URL, `created` the commit's time, `base` the nearest external
    base (own or an ancestor's), `parents` pairs of name and fingerprint.
    """
    base_name, base_digest = base or ("", "")
    labels = {
        f"{OCI}.source": source,
        f"{OCI}.revision": revision or "",
        f"{OCI}.version": version,
        f"{OCI}.created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"{OCI}.title": image.name,
        f"{OCI}.base.name": base_name,
        f"{OCI}.base.digest": base_digest,
        LABEL_FINGERPRINT: image.fingerprint,
        LABEL_EXTERNALS: " ".join(sorted(f"{name}@{digest}" for name, digest in externals)),
        LABEL_PARENT: " ".join(sorted(f"{name}={fingerprint}" for name, fingerprint in parents)),
        LABEL_FORCE: force or "",
    }
    return tuple(sorted(labels.items()))


def read(digest: str, labels: Mapping[str, str], *, made: datetime | None = None) -> Record:
    """The record that an image's labels make; what is missing, empty or garbled is `None`.

    `made` is when the image itself says that it was made. It counts for what others built: their
    label, where there is one, may be inherited. Ours says more, the time of the commit.
    """
    said = moment(labels.get(f"{OCI}.created", ""))
    created = (said or made) if LABEL_FINGERPRINT in labels else (made or said)
    base_name = labels.get(f"{OCI}.base.name", "")
    base_digest = labels.get(f"{OCI}.base.digest", "")
    return Record(
        digest=digest,
        fingerprint=labels.get(LABEL_FINGERPRINT) or None,
        version=labels.get(f"{OCI}.version") or None,
        revision=labels.get(f"{OCI}.revision") or None,
        created=created,
        externals=_pins(labels.get(LABEL_EXTERNALS, "")),
        base=(base_name, base_digest) if base_name and base_digest else None,
        force=labels.get(LABEL_FORCE) or None,
    )


def moment(text: str) -> datetime | None:
    """The moment that a text names; the epoch and what lies before it are no one's."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if found > _EPOCH else None


def _pins(text: str) -> tuple[Pin, ...]:
    pins = []
    for word in text.split():
        try:
            reference = ImageReference.parse(word)
        except ReferenceSyntaxError:
            continue
        if reference.digest:
            pins.append((word.rpartition("@")[0], reference.digest))
    return tuple(pins)
