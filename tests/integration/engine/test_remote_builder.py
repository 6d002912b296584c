"""A builder beyond the engine: it sees no local image, and what it makes is handed over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bed.bases import BaseImage
from tests.bed.buildkit import lent_buildkit
from tests.bed.engine import Engine
from tests.bed.registry import Registry
from tests.integration.engine.work import Bench
from tfimages_action.adapters.engine.buildx import DriverKind
from tfimages_action.adapters.engine.cache import Cache, CacheKind
from tfimages_action.adapters.engine.command import BuildOptions
from tfimages_action.adapters.engine.session import engine_session
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.core.run.work import PinnedParent
from tfimages_action.errors import RefusedError

FILES = {"app/Dockerfile": "FROM scratch\nCOPY x /x\n", "app/x": "shared\n" * 99}
PARENT = "nowhere.invalid/parent:1"


@pytest.fixture(scope="module")
def remote(
    engine: Engine,
    base_image: BaseImage,
    containerd_engine: Engine,
    registry: Registry,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bench]:
    """Return a session with the first engine, and the second one's BuildKit as its builder."""
    assert base_image.image_id
    with (
        lent_buildkit(containerd_engine, tmp_path_factory.mktemp("buildkit")) as address,
        engine_session(
            environment={"DOCKER_HOST": engine.host},
            registry=RegistryClient(),
            builder=address,
        ) as session,
    ):
        assert session.builder._solver.buildx.builder.driver is DriverKind.REMOTE
        yield Bench(session=session, engine=engine, known_registry=registry)


def test_its_image_is_loaded_for_the_checks_and_pushed_as_it_was_built(remote: Bench) -> None:
    built = remote.build(FILES)
    assert built.source.startswith("oci-layout://")
    assert remote.files_in(built.local)["x"] == b"shared\n" * 99
    published = remote.push(built)
    assert built.source.endswith(published.digest)
    config = RegistryClient().config(built.image.reference, published.digest)
    assert config is not None
    assert tuple(config["rootfs"]["diff_ids"]) == built.layers


def test_a_child_finds_its_parent_and_uploads_only_its_own(remote: Bench) -> None:
    parent = remote.build({**FILES, "app/x": "the parent's\n" * 99})
    child = remote.build(
        {"app/Dockerfile": f"FROM {PARENT}\nCOPY y /y\n", "app/y": "own\n" * 99},
        parents=(PinnedParent(written=PARENT, source=parent.source),),
    )
    assert child.layers[:-1] == parent.layers
    remote.push(parent)
    before = len(remote.registry.accesses())
    remote.push(child)
    assert len(remote.registry.uploads(before)) == 2, "its layer and its config"


def test_a_child_is_not_rebuilt_for_other_labels_of_its_parent(remote: Bench) -> None:
    child = {"app/Dockerfile": f"FROM {PARENT}\nRUN cat /proc/sys/kernel/random/uuid > /uuid\n"}
    parents = [
        remote.build(
            {"app/Dockerfile": "FROM debian:trixie-slim\n"}, labels=(("version", version),)
        )
        for version in ("1", "2")
    ]
    assert parents[0].source != parents[1].source
    one, two = (
        remote.build(child, parents=(PinnedParent(written=PARENT, source=parent.source),))
        for parent in parents
    )
    assert one.layers == two.layers


def test_several_platforms_are_pushed_whole_and_the_native_one_is_loaded(remote: Bench) -> None:
    image = remote.image(platforms=("linux/amd64", "linux/arm64"))
    built = remote.build(FILES, image)
    assert remote.files_in(built.local)["x"] == b"shared\n" * 99
    published = remote.push(built)
    manifest = RegistryClient().manifest(published.references[0])
    assert manifest is not None
    assert manifest.is_index
    assert len(manifest.children()) == 2


def test_the_registry_remembers_steps_where_the_store_can(containerd: Bench) -> None:
    with engine_session(
        environment={"DOCKER_HOST": containerd.engine.host},
        registry=RegistryClient(),
        cache=Cache(kind=CacheKind.REGISTRY),
    ) as session:
        assert session.warnings == ()
        bench = Bench(session=session, engine=containerd.engine, known_registry=containerd.registry)
        built = bench.build(FILES)
    assert RegistryClient().digest(built.image.reference.with_tag("cache-1.0")) is not None


def test_attestations_come_where_the_store_keeps_them(containerd: Bench) -> None:
    with engine_session(
        environment={"DOCKER_HOST": containerd.engine.host},
        registry=RegistryClient(),
        options=BuildOptions(provenance=True),
    ) as session:
        bench = Bench(session=session, engine=containerd.engine, known_registry=containerd.registry)
        published = bench.push(bench.build(FILES))
    manifest = RegistryClient().manifest(published.references[0])
    assert manifest is not None
    assert manifest.is_index


def test_and_are_refused_where_it_does_not(engine: Engine) -> None:
    asked = engine_session(
        environment={"DOCKER_HOST": engine.host},
        registry=RegistryClient(),
        options=BuildOptions(provenance=True),
    )
    with pytest.raises(RefusedError, match="holds no attestations"), asked:
        pass


def test_where_it_can_not_that_is_said(engine: Engine) -> None:
    with engine_session(
        environment={"DOCKER_HOST": engine.host},
        registry=RegistryClient(),
        cache=Cache(kind=CacheKind.REGISTRY),
    ) as session:
        assert "classic image store" in session.warnings[0]


def test_the_same_commit_gives_the_same_bytes(remote: Bench) -> None:
    image = remote.image()
    files = {
        "app/Dockerfile": "FROM scratch\nCOPY . /c/\nWORKDIR /made/here\n",
        "app/x": "x\n",
    }
    one, two = (remote.build(files, image, no_cache=True) for _ in range(2))
    assert one.layers == two.layers
    assert one.image_id == two.image_id


def test_dropping_it_removes_its_layout(remote: Bench) -> None:
    built = remote.build({**FILES, "app/x": "dropped\n"})
    folder = Path(built.source.removeprefix("oci-layout://").rpartition("@")[0])
    assert folder.is_dir()
    remote.session.housekeeper.drop(built)
    assert not folder.exists()
    assert remote.session.connection.inspect(built.image_id) is None
