"""The record of a proved flist: the same bytes for the same facts, and no name of a release."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from tests.standins.plans import image
from tfimages_action.core.published import flist_record, names
from tfimages_action.core.published.flist_record import FlistRecord
from tfimages_action.core.reference import ImageReference

RECORD = FlistRecord(
    digest="sha256:" + "1" * 64,
    root="v1:" + "a" * 64,
    name="r.example-o-web-111111111111.flist",
    address="https://hub.example/me/r.example-o-web-111111111111.flist",
    md5="0" * 32,
    fingerprint="v1:sha256:" + "f" * 64,
    version="v28",
)


def test_what_is_written_is_read() -> None:
    body = flist_record.as_manifest(RECORD)
    assert flist_record.read(json.loads(body)) == RECORD
    assert body == flist_record.as_manifest(replace(RECORD))
    assert body != flist_record.as_manifest(replace(RECORD, root="v1:" + "b" * 64))


@pytest.mark.parametrize(
    "changes",
    [
        {"artifactType": "application/vnd.oci.image.config.v1+json"},
        {"annotations": None},
        {"annotations": {}},
        {"annotations": {f"{flist_record._PREFIX}root": 7}},
    ],
)
def test_what_is_no_record_is_none(changes: dict[str, object]) -> None:
    manifest = json.loads(flist_record.as_manifest(RECORD))
    assert flist_record.read({**manifest, **changes}) is None


def test_its_place_is_beside_the_image_and_no_release() -> None:
    web = image("web")
    place = flist_record.place(web.reference, RECORD.digest)
    assert place == ImageReference.parse("r.example/o/web:111111111111.flist")
    assert names.releases(web, [str(place.tag), "v28"])[0][1].tag == "v28"
    assert len(names.releases(web, [str(place.tag), "v28"])) == 1


def test_the_empty_blob_is_described_rightly() -> None:
    digest = f"sha256:{hashlib.sha256(flist_record.EMPTY).hexdigest()}"
    layer = json.loads(flist_record.as_manifest(RECORD))["layers"][0]
    assert (layer["digest"], layer["size"]) == (digest, len(flist_record.EMPTY))
