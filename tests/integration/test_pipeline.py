"""A whole run on a real engine of either image store, a real registry and the Hub's stand-in."""

from __future__ import annotations

import gc
import hashlib
import os
import secrets
import signal
import warnings
from collections import Counter
from pathlib import Path

import pytest

from tests.bed.bases import BASE
from tests.bed.engine import Engine, second_engine
from tests.bed.publishing import Place, prepared, publish
from tests.bed.registry import running_registry
from tests.bed.scratch import ScratchRepository
from tests.standins.hub.server import running_hub
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.core.published import flist_record, labels
from tfimages_action.core.run.events import Event, LogLine, StageStarted
from tfimages_action.core.run.report import ImageRun, Outcome, Stage
from tfimages_action.errors import ExitCode
from tfimages_action.pipeline.backoff import RetryPolicy
from tfimages_action.pipeline.options import Options

pytestmark = pytest.mark.engine

IMAGES = {"one": BASE, "two": BASE, "child": "${REGISTRY}/one", "grandchild": "${REGISTRY}/child"}


def repository(folder: Path) -> Path:
    scratch = ScratchRepository(folder)
    for name, parent in IMAGES.items():
        text = f'ARG REGISTRY\nFROM {parent}\nCOPY content /{name}\nCMD ["/bin/true"]\n'
        scratch.write(f"images/{name}/Dockerfile", text)
        scratch.write(f"images/{name}/content", f"{name} in {folder}\n")
    scratch.commit("release v1", "v1")
    return scratch.folder


@pytest.fixture(params=["classic", "containerd"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Return an engine with the base image, which everything in this test then talks to."""
    own, base = {
        "classic": ("engine", "base_image"),
        "containerd": ("containerd_engine", "second_base"),
    }[request.param]
    assert request.getfixturevalue(base).image_id
    engine = request.getfixturevalue(own)
    assert isinstance(engine, Engine)
    assert engine.containerd_store == (request.param == "containerd")
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    return engine


def test_a_run_publishes_families_on_exactly_their_parents_and_uploads_nothing_twice(
    tmp_path: Path, store: Engine
) -> None:
    folder = repository(tmp_path / "repository")
    with running_registry() as registry, running_hub(tmp_path / "hub") as hub:
        place = Place(
            registry=f"{registry.host}/families",
            hub_url=hub.url,
            hub_token=hub.tokens.issue("alice.3bot"),
        )
        report = publish(folder, "v1", place, Options(max_parallel=2))
        assert report.exit_code is ExitCode.DONE, [run.failure for run in report.images]
        assert {run.outcome for run in report.images} == {Outcome.PUBLISHED}
        assert all(tuple(one.stage for one in run.stages) == tuple(Stage) for run in report.images)
        assert all(run.flist and run.flist.verified for run in report.images)
        runs = {run.step.image.name: run for run in report.images}
        layers = {name: layers_of(run) for name, run in runs.items()}
        for child, parent in (("child", "one"), ("grandchild", "child")):
            assert layers[child][: len(layers[parent])] == layers[parent]
            written = labels_of(runs[child])["io.github.threefoldtech.tf-images.parent"]
            assert written == f"{parent}={runs[parent].step.image.fingerprint}"
        before = len(registry.uploads())
        uploads = Counter(upload.digest for upload in registry.uploads())
        # The two bytes below the record of an flist: each repository has its own.
        uploads.pop(f"sha256:{hashlib.sha256(flist_record.EMPTY).hexdigest()}")
        assert [digest for digest, times in uploads.items() if times > 1] == []
        left = store.text("image", "ls", "--format", "{{.Repository}}").splitlines()
        assert not [name for name in left if place.registry in name]

        again = publish(folder, "v1", place)
        assert {run.outcome for run in again.images} == {Outcome.SKIPPED}
        assert len(registry.uploads()) == before


@pytest.mark.parametrize("stage", [Stage.BUILD, Stage.PUSH])
def test_an_engine_that_dies_in_mid_run_fails_what_ran_and_the_report_stands(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    assert engine.version
    scratch = ScratchRepository(tmp_path / "repository")
    for name, source in {"a": "scratch", "b": "${REGISTRY}/a", "c": "scratch"}.items():
        text = f'ARG REGISTRY\nFROM {source}\nCOPY content /{name}\nCMD ["/{name}"]\n'
        scratch.write(f"images/{name}/Dockerfile", text)
        scratch.write(f"images/{name}/content", secrets.token_hex(1 << 23))
    scratch.commit("release v1", "v1")
    with (
        second_engine() as dying,
        running_registry() as registry,
        running_hub(tmp_path / "hub") as hub,
    ):
        monkeypatch.setenv("DOCKER_HOST", dying.host)
        place = Place(
            registry=f"{registry.host}/dying",
            hub_url=hub.url,
            hub_token=hub.tokens.issue("alice.3bot"),
        )
        began: set[str] = set()

        def kill(event: Event) -> None:
            if isinstance(event, StageStarted) and event.stage is stage:
                began.add(event.image)
            if isinstance(event, LogLine) and event.image in began and dying.pid:
                os.kill(dying.pid, signal.SIGKILL)

        options = Options(retry=RetryPolicy(tries=2, first_s=0.1))
        with warnings.catch_warnings():
            # The SDK leaves the sockets that could not connect to the collector.
            warnings.simplefilter("ignore", ResourceWarning)
            with prepared(scratch.folder, "v1", place, options=options, listener=kill) as run:
                report = run.run()
            del run
            gc.collect()
    assert report.exit_code is ExitCode.ENGINE_LOST
    assert report.error
    runs = {run.step.image.name: run for run in report.images}
    assert set(runs) == {"a", "b", "c"}
    assert {run.outcome for run in report.images} <= {Outcome.FAILED, Outcome.BLOCKED}
    failed = [run.failure for run in report.images if run.outcome is Outcome.FAILED]
    assert failed
    assert all(failure and "engine" in failure.message.lower() for failure in failed), failed
    ended = [one for run in report.images for one in run.stages if not one.ok]
    assert {one.stage for one in ended} <= {Stage.BUILD, Stage.CHECK, Stage.PUSH}


def layers_of(run: ImageRun) -> list[str]:
    config = RegistryClient().config(run.step.image.reference, run.digest or "")
    assert config is not None
    layers: list[str] = config["rootfs"]["diff_ids"]
    return layers


def labels_of(run: ImageRun) -> dict[str, str]:
    found = dict(RegistryClient().labels(run.step.image.reference, run.digest or "") or {})
    assert labels.read(run.digest or "", found).fingerprint == run.step.image.fingerprint
    return found
