"""Pushes and names: real engines of both image stores, a real registry."""

import threading

import pytest

from tests.bed.registry import running_registry
from tests.integration.engine.work import Bench
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.core.published.record import LABEL_FINGERPRINT
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import PinnedParent
from tfimages_action.errors import RegistryError, StageError

FILES = {"app/Dockerfile": "FROM scratch\nCOPY x /x\n", "app/x": "published\n"}


def test_a_push_is_read_back_from_the_registry(bench: Bench) -> None:
    built = bench.build(FILES)
    published = bench.push(built)
    client = RegistryClient()
    manifest = client.manifest(built.image.reference.with_tag("fp-1"))
    assert manifest is not None
    assert manifest.digest == published.digest == client.digest(published.references[0])
    stored = sum(
        upload.size
        for upload in bench.registry.uploads()
        if upload.repository == built.image.reference.repository
    )
    assert published.size_bytes == stored > 0


def test_names_are_the_same_bytes(bench: Bench) -> None:
    built = bench.build(FILES)
    published = bench.push(built)
    source = published.references[0].with_digest(published.digest)
    names = [built.image.reference.with_tag(tag) for tag in ("v28", "latest")]
    before = len(bench.registry.accesses())
    given = bench.session.publisher.give_names(source, names, log=bench.lines.append)
    puts = [one for one in bench.registry.accesses()[before:] if one.method == "PUT"]
    assert [one.uri.rpartition("/")[2] for one in puts] == ["v28", "latest"]
    assert given.digest == published.digest
    client = RegistryClient()
    assert {client.digest(name) for name in names} == {published.digest}
    assert sorted(bench.session.publisher.tags(source)) == ["fp-1", "latest", "v28"]


def test_what_a_name_was_built_from_is_read_off_it(bench: Bench) -> None:
    built = bench.build(FILES, labels=((LABEL_FINGERPRINT, "v1:sha256:0"),))
    published = bench.push(built)
    name, said = published.references[0], bench.session.publisher.fingerprint
    assert said(name) == said(name.with_digest(published.digest)) == "v1:sha256:0"
    assert said(name.with_tag("none")) is None
    assert said(bench.push(bench.build(FILES)).references[0]) is None


def test_a_name_that_bears_the_digest_is_left_alone(classic: Bench) -> None:
    built = classic.build(FILES)
    published = classic.push(built)
    source = published.references[0].with_digest(published.digest)
    before = len(classic.registry.accesses())
    classic.session.publisher.give_names(source, published.references, log=classic.lines.append)
    assert not [one for one in classic.registry.accesses()[before:] if one.method == "PUT"]


def test_a_shared_layer_is_uploaded_once(classic: Bench) -> None:
    parent = classic.build({"app/Dockerfile": "FROM scratch\nCOPY x /\n", "app/x": "shared" * 99})
    child = classic.build(
        {"app/Dockerfile": "FROM nowhere.invalid/p:1\nCOPY y /\n", "app/y": "own" * 99},
        parents=(PinnedParent(written="nowhere.invalid/p:1", source=parent.source),),
    )
    classic.push(parent)
    before = len(classic.registry.accesses())
    classic.push(child)
    uploads = classic.registry.uploads(before)
    assert len(uploads) == 2, "the child's own layer and its config; the parent's layer is mounted"


def test_nothing_is_pushed_to_a_registry_that_is_gone(classic: Bench) -> None:
    with running_registry() as gone:
        reference = ImageReference.parse(f"{gone.host}/tests/gone:1")
    built = classic.build(FILES, classic.image(reference=reference))
    with pytest.raises(RegistryError) as caught:
        classic.push(built)
    assert caught.value.transient


def test_a_stopped_push_says_so(classic: Bench) -> None:
    built = classic.build(FILES)
    stop = threading.Event()
    stop.set()
    with pytest.raises(StageError, match="stopped"):
        classic.session.publisher.push(
            built, built.image.reference, log=classic.lines.append, stop=stop
        )


def test_what_is_dropped_leaves_the_engine(bench: Bench) -> None:
    built = bench.build({**FILES, "app/x": "dropped\n"})
    bench.push(built)
    bench.session.housekeeper.drop(built)
    assert bench.session.connection.inspect(built.image_id) is None
