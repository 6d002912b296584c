"""The client of the distribution API against a real registry, with and without its token auth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.bed.registry import Registry, running_registry
from tests.bed.tokens import TokenServer, running_tokens
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.adapters.registry.manifest import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    MEDIA_TYPES,
    OCI_INDEX,
    OCI_MANIFEST,
    Manifest,
    digest_of,
)
from tfimages_action.adapters.registry.probe import StrangersProbe
from tfimages_action.adapters.registry.records import RecordReader
from tfimages_action.core.credentials import Credentials
from tfimages_action.core.published.record import LABEL_FINGERPRINT, Record, Unreadable
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import Visibility
from tfimages_action.errors import RegistryError, StageError, TfImagesError

PASSWORD = "planted-s3cret"
LABELS = {LABEL_FINGERPRINT: "v1:sha256:" + "a" * 64, "org.opencontainers.image.version": "v28"}


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenServer]:
    folder = tmp_path_factory.mktemp("tokens")
    with running_tokens(folder, user="me", password=PASSWORD) as running:
        yield running


@pytest.fixture(scope="module")
def guarded(tokens: TokenServer) -> Iterator[Registry]:
    with running_registry(tokens=tokens) as running:
        yield running


def client(registry: Registry, *, user: bool = False) -> RegistryClient:
    known = Credentials(registry=registry.host, username="me", password=PASSWORD)
    return RegistryClient(credentials=(known,) if user else ())


def reference(registry: Registry, name: str, tag: str = "1") -> ImageReference:
    return ImageReference.parse(f"{registry.host}/{name}:{tag}")


def put_blob(
    registry: Registry, repository: str, data: bytes, *, token: str = ""
) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    begun = requests.post(f"{registry.url}/v2/{repository}/blobs/uploads/", headers=headers)
    digest = digest_of(data)
    done = requests.put(
        begun.headers["Location"], params={"digest": digest}, data=data, headers=headers
    )
    assert done.status_code == 201, done.text
    return {"digest": digest, "size": len(data)}


def image(
    registry: Registry,
    repository: str,
    *,
    token: str = "",
    labels: dict[str, str] | None = None,
    media_type: str = OCI_MANIFEST,
) -> Manifest:
    """Bring the blobs of an image into a registry, and make its manifest."""
    oci = media_type == OCI_MANIFEST
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Labels": LABELS if labels is None else labels},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(b"layer")]},
    }
    types = (
        ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip")
        if oci
        else (
            "application/vnd.docker.container.image.v1+json",
            "application/vnd.docker.image.rootfs.diff.tar.gzip",
        )
    )
    blobs = [
        put_blob(registry, repository, data, token=token)
        for data in (json.dumps(config).encode(), b"layer")
    ]
    described = [{"mediaType": kind, **blob} for kind, blob in zip(types, blobs, strict=True)]
    body = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": described[0],
            "layers": [described[1]],
        },
        indent=1,
    ).encode()
    return Manifest(media_type=media_type, digest=digest_of(body), body=body)


def push_token(tokens: TokenServer, repository: str) -> str:
    return tokens.token([f"repository:{repository}:pull,push"], signed_in=True)


def index(*manifests: Manifest, media_type: str = OCI_INDEX) -> Manifest:
    platforms = [
        {"os": "unknown", "architecture": "unknown"},
        {"os": "linux", "architecture": "amd64"},
    ]
    body = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media_type,
            "manifests": [
                {
                    "mediaType": one.media_type,
                    "digest": one.digest,
                    "size": len(one.body),
                    "platform": platform,
                }
                for one, platform in zip(manifests, platforms, strict=False)
            ],
        }
    ).encode()
    return Manifest(media_type=media_type, digest=digest_of(body), body=body)


@pytest.mark.parametrize("media_type", [OCI_MANIFEST, DOCKER_MANIFEST])
def test_a_retag_keeps_bytes_type_and_digest(registry: Registry, media_type: str) -> None:
    name = f"tests/retag-{MEDIA_TYPES.index(media_type)}"
    manifest = image(registry, name, media_type=media_type)
    source, other = reference(registry, name), reference(registry, name, "v28")
    found = client(registry)
    found.put(source, manifest)
    assert found.give_name(source.with_digest(manifest.digest), other)
    assert found.manifest(other) == manifest
    assert found.digest(other) == manifest.digest
    assert not found.give_name(source.with_digest(manifest.digest), other)


@pytest.mark.parametrize("media_type", [OCI_INDEX, DOCKER_LIST])
def test_of_an_index_the_image_is_read_and_not_the_attestation(
    registry: Registry, media_type: str
) -> None:
    name = f"tests/index-{MEDIA_TYPES.index(media_type)}"
    inner = OCI_MANIFEST if media_type == OCI_INDEX else DOCKER_MANIFEST
    attestation = image(registry, name, labels={"is": "attestation"}, media_type=inner)
    wanted = image(registry, name, media_type=inner)
    whole = index(attestation, wanted, media_type=media_type)
    found, tag = client(registry), reference(registry, name)
    for manifest in (attestation, wanted):
        found.put(tag.with_tag("x").with_digest(manifest.digest), manifest)
    found.put(tag, whole)
    assert found.labels(tag, whole.digest) == LABELS
    assert found.give_name(tag.with_digest(whole.digest), tag.with_tag("v28"))
    assert found.manifest(tag.with_tag("v28")) == whole


def test_absent_is_none_and_nothing_else_is(registry: Registry) -> None:
    found = client(registry)
    missing = reference(registry, "tests/no-such-image")
    assert found.digest(missing) is None
    assert found.manifest(missing) is None
    assert found.tags(missing) == ()


def test_a_name_in_another_repository_is_refused(registry: Registry) -> None:
    source = reference(registry, "tests/a").with_digest("sha256:" + "a" * 64)
    with pytest.raises(RegistryError, match="another repository"):
        client(registry).give_name(source, reference(registry, "tests/b"))


def test_all_tags_are_listed(registry: Registry) -> None:
    manifest = image(registry, "tests/tags")
    found, wanted = client(registry), {f"t{number}" for number in range(8)}
    for tag in wanted:
        found.put(reference(registry, "tests/tags", tag), manifest)
    assert set(found.tags(reference(registry, "tests/tags"))) == wanted


def test_records_tell_published_absent_and_unreadable_apart(registry: Registry) -> None:
    manifest = image(registry, "tests/record")
    present, absent = reference(registry, "tests/record"), reference(registry, "tests/none")
    with running_registry() as stopped:
        lost = reference(stopped, "tests/lost")
    client(registry).put(present, manifest)
    answers = RecordReader(client(registry)).read([present, absent, lost, present])
    assert answers[present] == Record(
        digest=manifest.digest, fingerprint=LABELS[LABEL_FINGERPRINT], version="v28"
    )
    assert answers[absent] is None
    unreadable = answers[lost]
    assert isinstance(unreadable, Unreadable)
    assert "can't be reached" in unreadable.cause


def test_labels_are_read_once_for_a_digest(registry: Registry) -> None:
    manifest = image(registry, "tests/once")
    names = [reference(registry, "tests/once", tag) for tag in ("a", "b")]
    for name in names:
        client(registry).put(name, manifest)
    reader = RecordReader(client(registry))
    reader.read(names[:1])
    before = len(registry.accesses())
    assert reader.read(names[1:])[names[1]] is not None
    assert [one.method for one in registry.accesses()[before:]] == ["HEAD"]


def test_a_token_is_asked_once_for_each_thing_that_is_done(
    guarded: Registry, tokens: TokenServer
) -> None:
    name = reference(guarded, "me/app")
    manifest = image(guarded, "me/app", token=push_token(tokens, "me/app"))
    tokens.asked.clear()
    found = client(guarded, user=True)
    found.put(name, manifest)
    assert found.labels(name, manifest.digest) == LABELS
    assert found.digest(name) == manifest.digest
    assert tokens.asked == [
        (("repository:me/app:pull,push",), True),
        (("repository:me/app:pull",), True),
    ]


def test_what_a_stranger_is_told(guarded: Registry, tokens: TokenServer) -> None:
    tokens.private.add("private/app")
    for name in ("public/app", "private/app"):
        manifest = image(guarded, name, token=push_token(tokens, name))
        client(guarded, user=True).put(reference(guarded, name), manifest)
    probe = StrangersProbe()
    assert probe.visibility(reference(guarded, "public/app")) is Visibility.PUBLIC
    assert probe.visibility(reference(guarded, "public/none")) is Visibility.ABSENT
    assert probe.visibility(reference(guarded, "private/app")) is Visibility.PRIVATE


def test_a_package_that_refuses_us_costs_its_image_alone(
    guarded: Registry, tokens: TokenServer
) -> None:
    tokens.refused_pushes.add("others/app")
    manifest = Manifest(media_type=OCI_MANIFEST, digest=digest_of(b"{}"), body=b"{}")
    with pytest.raises(StageError) as caught:
        client(guarded, user=True).put(reference(guarded, "others/app"), manifest)
    assert not caught.value.transient
    assert PASSWORD not in caught.value.render()


def test_a_wrong_password_is_no_absence(guarded: Registry) -> None:
    wrong = Credentials(registry=guarded.host, username="me", password="wr0ng-planted")
    found = RegistryClient(credentials=(wrong,))
    with pytest.raises(StageError) as caught:
        found.digest(reference(guarded, "me/app"))
    assert "wr0ng-planted" not in f"{caught.value.render()} {caught.value!r} {wrong!r}"
    answer = RecordReader(found).read([reference(guarded, "me/app")])[reference(guarded, "me/app")]
    assert isinstance(answer, Unreadable)
    assert "registry-password" in answer.cure


def test_a_token_that_ran_out_is_renewed(guarded: Registry, tokens: TokenServer) -> None:
    found = client(guarded, user=True)
    tokens.life = timedelta(minutes=-5)
    with pytest.raises(TfImagesError):
        found.digest(reference(guarded, "me/app"))
    tokens.life = timedelta(minutes=5)
    assert found.digest(reference(guarded, "me/none")) is None
    assert found.digest(reference(guarded, "me/app", "none")) is None


def test_the_created_label_is_a_moment(registry: Registry) -> None:
    labels = {**LABELS, "org.opencontainers.image.created": "2026-01-02T03:04:05Z"}
    name = reference(registry, "tests/created")
    client(registry).put(name, image(registry, "tests/created", labels=labels))
    record = RecordReader(client(registry)).read([name])[name]
    assert isinstance(record, Record)
    assert record.created == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
