"""Single builds by a docker-container builder: what goes in, what comes out, what goes wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bed.container_builder import ContainerBuilder
from tests.builder.conftest import Opening
from tests.integration.engine.work import Bench
from tests.standins.actions_cache import running_actions_cache
from tfimages_action.adapters.engine.buildx import DriverKind
from tfimages_action.adapters.engine.cache import Cache, CacheKind
from tfimages_action.adapters.engine.command import BuildOptions
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.core.catalog.model import NamedContext
from tfimages_action.core.run.work import PinnedParent
from tfimages_action.errors import BuilderError, ExitCode, RefusedError, StageError, TfImagesError

pytestmark = pytest.mark.engine

FILES = {"app/Dockerfile": "FROM scratch\nCOPY x /x\n", "app/x": "shared\n" * 99}
PARENT = "nowhere.invalid/parent:1"


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for it; a minute is long enough for anything here."""
    limit = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < limit, what
        time.sleep(0.1)


def test_the_driver_is_the_one_that_setup_buildx_makes(
    bench: Bench, request: pytest.FixtureRequest
) -> None:
    found = bench.session.builder._solver.buildx.builder
    by_name = "by its name" in request.node.name
    assert found.driver is (DriverKind.CONTAINER if by_name else DriverKind.REMOTE)


def test_what_it_builds_is_loaded_for_the_checks_and_pushed_as_it_is(bench: Bench) -> None:
    built = bench.build(FILES)
    assert built.source.startswith("oci-layout://")
    assert bench.files_in(built.local)["x"] == b"shared\n" * 99
    published = bench.push(built)
    assert built.source.endswith(published.digest)


def test_a_child_of_a_child_finds_its_parents_and_uploads_only_its_own(
    bench: Bench, base: str
) -> None:
    parent = bench.build({"app/Dockerfile": f"FROM {base}\nRUN echo parent > /p\n"})
    child = bench.build(
        {"app/Dockerfile": f"FROM {PARENT}\nRUN cat /p && echo child > /c\n"},
        parents=(PinnedParent(written=PARENT, source=parent.source),),
    )
    grandchild = bench.build(
        {"app/Dockerfile": f"FROM {PARENT}\nRUN cat /p /c > /g\n"},
        parents=(PinnedParent(written=PARENT, source=child.source),),
    )
    assert grandchild.layers[:-1] == child.layers
    assert child.layers[:-1] == parent.layers
    assert bench.files_in(grandchild.local)["g"] == b"parent\nchild\n"
    bench.push(parent)
    bench.push(child)
    before = len(bench.registry.accesses())
    bench.push(grandchild)
    assert len(bench.registry.uploads(before)) == 2, "its layer and its config"


def test_folders_of_the_repository_and_from_outside_are_named_contexts(
    open_session: Opening, bench: Bench, tmp_path: Path
) -> None:
    (tmp_path / "zinit").write_text("from outside\n")
    options = BuildOptions(overrides=(("zinit", tmp_path),))
    dockerfile = (
        "FROM scratch AS zinit\nADD http://192.0.2.1/zinit /zinit\n"
        "FROM scratch\nCOPY --from=zinit /zinit /z\nCOPY --from=shared file /s\n"
    )
    with open_session(options=options) as session:
        other = Bench(session=session, engine=bench.engine, known_registry=bench.registry)
        image = other.image(contexts=(NamedContext(name="shared", folder="shared"),))
        built = other.build({"app/Dockerfile": dockerfile, "shared/file": "shared\n"}, image)
        found = other.files_in(built.local)
    assert (found["z"], found["s"]) == (b"from outside\n", b"shared\n")


def test_several_platforms_are_pushed_whole_and_so_are_their_children(bench: Bench) -> None:
    both = ("linux/amd64", "linux/arm64")
    parent = bench.build(FILES, bench.image(platforms=both))
    child = bench.build(
        {"app/Dockerfile": f"FROM {PARENT}\nCOPY y /y\n", "app/y": "own\n"},
        bench.image(platforms=both),
        parents=(PinnedParent(written=PARENT, source=parent.source),),
    )
    assert set(bench.files_in(child.local)) >= {"x", "y"}
    bench.push(parent)
    manifest = RegistryClient().manifest(bench.push(child).references[0])
    assert manifest is not None
    assert manifest.is_index
    assert len(manifest.children()) == 2


def test_the_same_commit_gives_the_same_digest(bench: Bench) -> None:
    image = bench.image()
    files = {"app/Dockerfile": "FROM scratch\nCOPY . /c/\nWORKDIR /made/here\n", "app/x": "x\n"}
    one, two = (bench.build(files, image, no_cache=True) for _ in range(2))
    assert one.image_id == two.image_id
    assert one.source.rpartition("@")[2] == two.source.rpartition("@")[2]


def test_provenance_and_a_bill_of_materials_are_asked_for_and_come(
    open_session: Opening, bench: Bench
) -> None:
    with open_session(options=BuildOptions(provenance=True)) as session:
        other = Bench(session=session, engine=bench.engine, known_registry=bench.registry)
        parent = other.build(FILES)
        child = other.build(
            {"app/Dockerfile": f"FROM {PARENT}\nCOPY y /y\n", "app/y": "own\n"},
            parents=(PinnedParent(written=PARENT, source=parent.source),),
        )
        assert set(other.files_in(child.local)) >= {"x", "y"}
        other.push(parent)
        published = other.push(child)
    client = RegistryClient()
    manifest = client.manifest(published.references[0])
    assert manifest is not None
    assert manifest.is_index
    assert len(manifest.children()) == 2, "the image, and what is said of it"
    assert client.labels(child.image.reference, published.digest) is not None


def test_a_failing_instruction_is_named_with_its_line_and_its_log(bench: Bench, base: str) -> None:
    dockerfile = f"FROM {base}\nRUN echo before the fall && false\n"
    with pytest.raises(StageError) as caught:
        bench.build({"app/Dockerfile": dockerfile})
    error = caught.value
    assert not isinstance(error, BuilderError)
    assert not error.transient
    assert str(error.location) == "app/Dockerfile:2"
    assert "`RUN echo before the fall && false` failed" in error.message
    assert any("before the fall" in line for line in bench.lines)


def test_a_parent_that_nobody_has_is_said_to_be_missing(bench: Bench) -> None:
    missing = f"{bench.registry.host}/nobody/has-it:1"
    with pytest.raises(TfImagesError) as caught:
        bench.build({"app/Dockerfile": f"FROM {missing}\n"})
    assert not isinstance(caught.value, BuilderError)
    assert "nobody/has-it:1" in caught.value.message


def test_a_stop_ends_the_build_in_the_builder_too(
    bench: Bench, base: str, builder: ContainerBuilder
) -> None:
    stop = threading.Event()

    def log(line: str) -> None:
        if "RUN sleep" in line:
            until(lambda: "sleep 4711" in builder.commands(), "the RUN never ran")
            stop.set()

    request = bench.request({"app/Dockerfile": f"FROM {base}\nRUN sleep 4711\n"})
    with pytest.raises(TfImagesError) as caught:
        bench.session.builder.build(request, log=log, stop=stop)
    assert "stopped" in caught.value.message
    until(lambda: "sleep 4711" not in builder.commands(), "it still runs")
    until(lambda: "dial-stdio" not in builder.commands(), "somebody still talks to it")


def test_a_builder_that_is_killed_is_said_to_be_gone_and_may_be_tried_again(
    bench: Bench, base: str, builder: ContainerBuilder
) -> None:
    killed: list[str] = []

    def log(line: str) -> None:
        if "RUN sleep" in line and not killed:
            killed.append(line)
            builder.kill()

    request = bench.request({"app/Dockerfile": f"FROM {base}\nRUN sleep 20\n"})
    own = bench.session.builder._solver.buildx.builder.driver is DriverKind.CONTAINER
    try:
        with pytest.raises(BuilderError) as caught:
            bench.session.builder.build(request, log=log, stop=threading.Event())
        if not own:
            with pytest.raises(BuilderError) as still:
                bench.build(FILES)
            assert still.value.message.endswith("(its container ended with 137)")
            assert not still.value.transient, "nobody starts it again"
            builder.start()
        assert bench.build(FILES).layers, "it goes on in the same session"
    finally:
        builder.start()
    error = caught.value
    assert error.exit_code is ExitCode.ENGINE_LOST
    assert error.message.startswith("the builder ")
    assert "went away while it built" in error.message
    assert builder.name in error.message


def test_a_container_that_does_not_run_is_refused_at_once(
    open_session: Opening, builder: ContainerBuilder
) -> None:
    where = {"builder": "docker-container://nobody-runs-this", "user_buildx": None}
    with pytest.raises(RefusedError) as caught, open_session(**where):
        pass
    assert caught.value.message == "the engine runs no container nobody-runs-this"
    with pytest.raises(RefusedError) as caught, open_session(builder="nobody"):
        pass
    assert caught.value.message == 'buildx can\'t use the builder: no builder "nobody" found'
    assert builder.name


def test_the_registry_remembers_steps(
    open_session: Opening, bench: Bench, builder: ContainerBuilder, base: str
) -> None:
    files = {"app/Dockerfile": f"FROM {base}\nRUN head -c 9 /dev/urandom > /r\n"}
    image = bench.image()
    with open_session(cache=Cache(kind=CacheKind.REGISTRY)) as session:
        assert session.warnings == ()
        other = Bench(session=session, engine=bench.engine, known_registry=bench.registry)
        one = other.build(files, image)
        assert RegistryClient().digest(image.reference.with_tag("cache-1.0")) is not None
        builder.buildx("prune", "--builder", builder.name, "--all", "--force")
        two = other.build(files, image)
    assert one.layers == two.layers
    builder.buildx("prune", "--builder", builder.name, "--all", "--force")
    assert bench.build(files, image).layers != one.layers, "nothing else remembers them"


def test_the_cache_of_actions_remembers_steps(
    open_session: Opening, bench: Bench, builder: ContainerBuilder, base: str
) -> None:
    files = {"app/Dockerfile": f"FROM {base}\nRUN head -c 9 /dev/urandom > /r\n"}
    image = bench.image()
    with running_actions_cache() as service:
        cache = Cache(kind=CacheKind.GHA, gha_environment=service.environment)
        with open_session(cache=cache) as session:
            assert session.warnings == ()
            other = Bench(session=session, engine=bench.engine, known_registry=bench.registry)
            one = other.build(files, image)
            builder.buildx("prune", "--builder", builder.name, "--all", "--force")
            two = other.build(files, image)
        assert one.layers == two.layers
        assert any(image.name in key for key in service.entries())
        assert any(image.name in key for key in service.loaded)
        assert service.refused == 0
        assert service.token not in "\n".join(other.lines)


def test_a_cache_of_actions_that_does_not_answer_costs_no_build(
    open_session: Opening, bench: Bench
) -> None:
    with running_actions_cache() as service:
        given = {**service.environment, "ACTIONS_RESULTS_URL": "http://127.0.0.1:9/"}
        cache = Cache(kind=CacheKind.GHA, gha_environment=given)
        with open_session(cache=cache) as session:
            other = Bench(session=session, engine=bench.engine, known_registry=bench.registry)
            assert other.build(FILES).layers
