"""Labels: what is written is what is read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.published import labels
from tfimages_action.core.published.record import LABEL_FORCE, OCI, Record
from tfimages_action.core.reference import ImageReference

DIGEST = "sha256:" + "a" * 64
IMAGE = Image(
    name="hero",
    reference=ImageReference.parse("r.io/hero"),
    flist="r.io-hero-latest.flist",
    kind=Kind.CONTAINER,
    folder="hero",
    dockerfile="hero/Dockerfile",
    context="hero",
    fingerprint="v1:sha256:" + "b" * 64,
)
PIN = ("docker.io/library/debian:trixie-slim", DIGEST)
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def compose(**changes: object) -> dict[str, str]:
    arguments: dict[str, object] = {
        "source": "https://github.com/o/r",
        "revision": "c" * 40,
        "version": "v28",
        "created": MOMENT.astimezone(timezone(timedelta(hours=2))),
        "externals": (PIN, ("quay.io:443/x/y:1", DIGEST)),
        "base": PIN,
        "parents": (("z", "f1"), ("a", "f2")),
        **changes,
    }
    return dict(labels.compose(IMAGE, **arguments))  # type: ignore[arg-type]


def test_what_is_written_is_read() -> None:
    record = labels.read(DIGEST, compose(force="v28a"))
    assert record == Record(
        digest=DIGEST,
        fingerprint=IMAGE.fingerprint,
        version="v28",
        revision="c" * 40,
        created=MOMENT,
        externals=(PIN, ("quay.io:443/x/y:1", DIGEST)),
        base=PIN,
        force="v28a",
    )


def test_an_unforced_child_does_not_keep_its_parents_force() -> None:
    parent, child = compose(force="v28a"), compose()
    assert labels.read(DIGEST, {**parent, **child}).force is None
    assert child[LABEL_FORCE] == ""


def test_every_label_is_always_written() -> None:
    bare = compose(externals=(), base=None, parents=(), revision=None)
    assert bare.keys() == compose(force="x").keys()
    assert labels.read(DIGEST, bare) == Record(
        digest=DIGEST, fingerprint=IMAGE.fingerprint, version="v28", created=MOMENT
    )


def test_foreign_and_garbled_labels_are_no_record() -> None:
    assert labels.read(DIGEST, {}) == Record(digest=DIGEST)
    garbled = dict.fromkeys(compose(), "\x00 @ %")
    record = labels.read(DIGEST, garbled)
    assert record.created is None
    assert record.externals == ()


@pytest.mark.parametrize(
    "written", ["2026-01-02T03:04:05", "2026-01-02T05:04:05+02:00", "2026-01-02T03:04:05Z"]
)
def test_a_time_that_others_wrote_is_read_and_is_utc_where_no_zone_stands(written: str) -> None:
    assert labels.read(DIGEST, {f"{OCI}.created": written}).created == MOMENT


def test_parents_and_title() -> None:
    written = compose()
    assert written["io.github.threefoldtech.tf-images.parent"] == "a=f2 z=f1"
    assert dict(
        labels.compose(
            replace(IMAGE, name="ubuntu:24.04"),
            source="s",
            revision=None,
            version="v1",
            created=MOMENT,
        )
    )["org.opencontainers.image.title"] == ("ubuntu:24.04")
