"""Opening and closing: engines out of reach, credentials, and what is left behind."""

import io
import os
import stat
import tarfile
import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.bed import bases
from tests.bed.bases import BaseImage
from tests.bed.engine import Engine, second_engine
from tests.bed.registry import Registry, running_registry
from tests.bed.tokens import running_tokens
from tests.integration.engine.work import Bench
from tfimages_action import process
from tfimages_action.adapters.engine.command import BuildOptions
from tfimages_action.adapters.engine.private import private_home
from tfimages_action.adapters.engine.session import engine_session
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.core.credentials import Credentials
from tfimages_action.errors import ExitCode, RefusedError, TfImagesError

PLANTED = "planted-t0ken-value"
FILES = {"app/Dockerfile": "FROM scratch\nCOPY x /x\n", "app/x": "x\n"}


@pytest.mark.parametrize("host", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:9"])
def test_an_engine_out_of_reach_is_refused_with_the_cure(host: str) -> None:
    with (
        pytest.raises(RefusedError) as caught,
        engine_session(environment={"DOCKER_HOST": host}, registry=RegistryClient()),
    ):
        pass
    assert caught.value.exit_code is ExitCode.REFUSED
    assert host in caught.value.message
    assert "DOCKER_HOST" in caught.value.hint


def test_a_builder_that_is_not_there_is_refused(engine: Engine, tmp_path: Path) -> None:
    with (
        pytest.raises(RefusedError, match="no-such-builder") as caught,
        engine_session(
            environment={"DOCKER_HOST": engine.host},
            registry=RegistryClient(),
            builder="no-such-builder",
            user_buildx=tmp_path,
        ),
    ):
        pass
    assert "buildx ls" in caught.value.hint


def test_the_stores_are_told_apart(classic: Bench, containerd: Bench) -> None:
    assert not classic.session.connection.info.containerd_store
    assert containerd.session.connection.info.containerd_store
    assert classic.session.connection.info.platform.startswith("linux/")
    assert (classic.session.housekeeper.free_bytes() or 0) > 0


def test_the_private_home_is_ours_alone_and_goes_even_when_all_fails(tmp_path: Path) -> None:
    known = Credentials(registry="docker.io", username="me", password=PLANTED)
    root = tmp_path
    with suppress(KeyError), private_home((known,), parent=tmp_path) as home:
        root = home.root
        config = Path(home.environment["DOCKER_CONFIG"])
        assert stat.S_IMODE(root.stat().st_mode) == 0o700
        assert stat.S_IMODE(config.stat().st_mode) == 0o700
        assert stat.S_IMODE((config / "config.json").stat().st_mode) == 0o600
        assert "https://index.docker.io/v1/" in (config / "config.json").read_text()
        raise KeyError
    assert not root.exists()


def test_a_token_is_nowhere_but_in_its_private_file(
    engine: Engine,
    base_image: BaseImage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nowhere: no argv, environment, log line, exception, image or its history."""
    assert base_image.image_id
    for name in ("INPUT_REGISTRY-PASSWORD", "ACTIONS_RUNTIME_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, PLANTED)
    seen: list[str] = []
    start = process.start

    def spied(argv: Sequence[str], **rest: Any) -> AbstractContextManager[process.Child]:
        seen.append(repr((argv, rest)))
        return start(argv, **rest)

    monkeypatch.setattr(process, "start", spied)
    with (
        running_tokens(tmp_path, user="me", password=PLANTED) as tokens,
        running_registry(tokens=tokens) as registry,
    ):
        known = (Credentials(registry=registry.host, username="me", password=PLANTED),)
        client = RegistryClient(credentials=known)
        with engine_session(
            environment={"DOCKER_HOST": engine.host}, registry=client, credentials=known
        ) as session:
            bench = Bench(session=session, engine=engine, known_registry=registry)
            tokens.private.add("tests/private")
            built = bench.build(
                {
                    "app/Dockerfile": "FROM debian:trixie-slim\n"
                    "RUN env > /environment; cat /proc/*/cmdline > /commands; true\n"
                }
            )
            published = bench.push(built)
            bench.session.housekeeper.drop(built)
            # A private parent is pulled by BuildKit itself, with the credentials of that file.
            pinned = built.image.reference.with_digest(published.digest)
            child = bench.build({"app/Dockerfile": f"FROM {pinned}\nLABEL a=b\n"})
            tokens.refused_pushes.add(child.image.reference.repository)
            with pytest.raises(TfImagesError) as caught:
                bench.push(child)
            seen += [*bench.lines, repr(caught.value), caught.value.render(), repr(known)]
            seen.append(engine.text("image", "inspect", child.local))
            seen.append(engine.text("history", "--no-trunc", child.local))
            saved = engine.docker("save", child.local).stdout
            root = session.home.root
            assert any(tokens.asked)
    assert PLANTED not in "\n".join(seen)
    assert PLANTED.encode() not in saved
    with tarfile.open(fileobj=io.BytesIO(saved)) as tar:
        assert tar.getmembers()
    assert not root.exists()
    assert len(seen) > 10


def test_nothing_of_the_run_is_left_in_the_engine(engine: Engine, registry: Registry) -> None:
    with engine_session(
        environment={"DOCKER_HOST": engine.host}, registry=RegistryClient()
    ) as session:
        bench = Bench(session=session, engine=engine, known_registry=registry)
        built = bench.build({**FILES, "app/x": "left behind?\n"})
        bench.push(built)
    assert engine.docker("image", "inspect", built.image_id, check=False).returncode != 0


def test_a_folder_from_outside_may_stand_for_a_stage(
    engine: Engine, registry: Registry, tmp_path: Path
) -> None:
    (tmp_path / "zinit").write_text("from outside\n")
    with engine_session(
        environment={"DOCKER_HOST": engine.host},
        registry=RegistryClient(),
        options=BuildOptions(overrides=(("zinit", tmp_path),)),
    ) as session:
        bench = Bench(session=session, engine=engine, known_registry=registry)
        dockerfile = (
            "FROM scratch AS zinit\nADD http://192.0.2.1/zinit /zinit\n"
            "FROM scratch\nCOPY --from=zinit /zinit /sbin/zinit\n"
        )
        built = bench.build({"app/Dockerfile": dockerfile})
        assert bench.files_in(built.local)["sbin/zinit"] == b"from outside\n"


def test_an_engine_that_dies_ends_its_builds_soon(engine: Engine, base_image: BaseImage) -> None:
    with second_engine() as dying:
        bases.copy_image(engine, dying, base_image.reference)
        with engine_session(
            environment={"DOCKER_HOST": dying.host}, registry=RegistryClient()
        ) as session:
            bench = Bench(session=session, engine=dying)
            killed: list[float] = []

            def log(line: str) -> None:
                if "RUN sleep" in line and not killed:
                    killed.append(time.monotonic())
                    assert dying.pid is not None
                    os.kill(dying.pid, 9)

            request = bench.request({"app/Dockerfile": "FROM debian:trixie-slim\nRUN sleep 600\n"})
            with pytest.raises(TfImagesError) as caught:
                session.builder.build(request, log=log, stop=threading.Event())
    assert killed
    assert caught.value.exit_code is ExitCode.ENGINE_LOST
    assert "went away" in caught.value.message
