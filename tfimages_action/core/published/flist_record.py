"""What a publishing run writes down of an flist that it proved: its Merkle root above all.

It stands in the image's own repository in the registry, under `<digest12>.flist`: there anyone can
read it, and nobody can rewrite it who may not push the image itself. On the Hub, where the flist
is, other users can write through links.

The same facts give the same bytes, so that writing it again changes nothing: no times in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from tfimages_action.core import flist_name
from tfimages_action.core.published import names
from tfimages_action.core.published.record import VENDOR
from tfimages_action.core.reference import ImageReference

ARTIFACT_TYPE: Final = f"application/vnd.{VENDOR}.flist.v1"
_PREFIX: Final = f"{VENDOR}.flist."
EMPTY: Final = b"{}"
"""The one blob of the record: its config, and its layer, which some registries insist on."""
_EMPTY_DESCRIPTOR: Final = {
    "mediaType": "application/vnd.oci.empty.v1+json",
    "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    "size": len(EMPTY),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlistRecord:
    """One proved flist. Empty where there is nothing to say."""

    digest: str
    """`sha256:...` of the image's manifest, or of a full VM's archive."""
    root: str
    """flist/merkle.py says what it is made from."""
    name: str
    """The flist's content name."""
    address: str
    md5: str
    """Of the flist's file, as the Hub counts it; a conversion of the same image gives another."""
    fingerprint: str = ""
    version: str = ""
    revision: str = ""


def place(repository: ImageReference, digest: str) -> ImageReference:
    """Where the record of the flist of `digest` stands."""
    return place_by_digits(repository, names.short(digest))


def place_by_digits(repository: ImageReference, digits: str) -> ImageReference:
    """The same by the digest's first twelve digits, which flist names end in."""
    return repository.with_tag(f"{digits}{flist_name.SUFFIX}")


def as_manifest(record: FlistRecord) -> bytes:
    """The record as an OCI artifact: all of it in the manifest's annotations."""
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": ARTIFACT_TYPE,
        "config": _EMPTY_DESCRIPTOR,
        "layers": [_EMPTY_DESCRIPTOR],
        "annotations": {f"{_PREFIX}{key}": value for key, value in asdict(record).items()},
    }
    return json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()


def read(manifest: Mapping[str, Any]) -> FlistRecord | None:
    """The record that a manifest holds; `None` for a manifest that is none."""
    annotations = manifest.get("annotations")
    if manifest.get("artifactType") != ARTIFACT_TYPE or not isinstance(annotations, dict):
        return None
    known = {field.name: annotations.get(f"{_PREFIX}{field.name}") for field in fields(FlistRecord)}
    texts = {name: value for name, value in known.items() if isinstance(value, str)}
    if not texts.get("digest") or not texts.get("root"):
        return None
    return FlistRecord(**{"name": "", "address": "", "md5": "", **texts})
