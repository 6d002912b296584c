"""Manifests and image configs as whoever likes may write them: read rightly, or refused as ours."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tfimages_action.adapters.registry.image_config import created_of, labels_of
from tfimages_action.adapters.registry.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    Manifest,
    digest_of,
    parsed_object,
)
from tfimages_action.errors import RegistryError

LINUX = {"os": "linux", "architecture": "amd64"}


def manifest(content: object, media_type: str = OCI_MANIFEST) -> Manifest:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Manifest(media_type=media_type, digest=digest_of(body), body=body)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"null", b"[]", b'"x"', b"5", b"\xff\xfe", b'{"a":"\xff"}', b"[" * 100_000],
)
def test_what_is_no_object_is_an_error_of_the_registry(body: bytes) -> None:
    with pytest.raises(RegistryError, match="is no JSON"):
        parsed_object(body, "it")


@pytest.mark.parametrize("config", ["x", ["x"], [[]], {"digest": 5}, {"size": 1}, 7, True])
def test_a_garbled_description_of_a_config_is_too(config: object) -> None:
    garbled = manifest({"config": config, "layers": []})
    for read in (garbled.config, lambda: list(garbled.blobs())):
        with pytest.raises(RegistryError, match="does not say what it is made of"):
            read()


@pytest.mark.parametrize(
    "listed", ["abc", 5, [{}], [None], [{"digest": "d", "platform": "linux"}], [{"digest": ["d"]}]]
)
def test_a_garbled_index_is_too(listed: object) -> None:
    with pytest.raises(RegistryError, match="does not say what it is made of"):
        manifest({"manifests": listed}, OCI_INDEX).platform_digest()


@pytest.mark.parametrize("content", [{}, {"config": None}, {"layers": []}])
def test_what_is_no_image_has_no_config(content: object) -> None:
    assert manifest(content).config() is None


@pytest.mark.parametrize("listed", [[], None])
def test_an_index_of_nothing_has_no_image(listed: object) -> None:
    empty = manifest({"manifests": listed}, OCI_INDEX)
    assert empty.platform_digest() is None
    assert empty.children() == ()


def test_of_several_platforms_ours_is_read_and_else_the_first_image() -> None:
    attestation = {"digest": "a", "platform": {"os": "unknown", "architecture": "unknown"}}
    arm = {"digest": "b", "platform": {"os": "linux", "architecture": "arm64"}}
    untold = {"digest": "c", "platform": None}
    ours = {"digest": "d", "platform": LINUX}

    def chosen(*listed: object) -> str | None:
        return manifest({"manifests": listed}, OCI_INDEX).platform_digest()

    assert chosen(attestation, arm, untold, ours) == "d"
    assert chosen(attestation, arm, untold) == "b"
    assert chosen(attestation, untold) == "c"
    assert chosen(attestation) is None


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"config": None},
        {"config": []},
        {"config": "x"},
        {"config": {"Labels": ["a"]}},
        {"config": {"Labels": "a=b"}},
        {"config": {"Labels": {"a": None, "b": {"c": "d"}, "e": 5}}},
    ],
)
def test_labels_that_are_none_are_not_there(config: dict[str, Any]) -> None:
    assert labels_of(config) == {}


def test_labels_are_read() -> None:
    assert labels_of({"config": {"Labels": {"a": "b", "c": ""}}}) == {"a": "b", "c": ""}


def written(moment: datetime) -> str:
    return moment.isoformat()


@pytest.mark.parametrize(
    "created",
    [
        None,
        5,
        {},
        "",
        "now",
        "2024-02-30T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        lambda: written(datetime.now(UTC) + timedelta(days=2)),
    ],
)
def test_a_time_that_says_nothing_is_none(created: object) -> None:
    said = created() if callable(created) else created
    assert created_of({"created": said}) is None


@pytest.mark.parametrize(
    ("created", "moment"),
    [
        ("2024-01-02T03:04:05.123456789Z", datetime(2024, 1, 2, 3, 4, 5, 123456, UTC)),
        ("2024-01-02T03:04:05+02:00", datetime(2024, 1, 2, 1, 4, 5, 0, UTC)),
        ("2024-01-02T03:04:05", datetime(2024, 1, 2, 3, 4, 5, 0, UTC)),
    ],
)
def test_when_an_image_was_made(created: str, moment: datetime) -> None:
    assert created_of({"created": created}) == moment


def test_the_engine_s_clock_may_be_ahead_of_ours() -> None:
    ahead = datetime.now(UTC) + timedelta(hours=2)
    assert created_of({"created": written(ahead)}) == ahead
