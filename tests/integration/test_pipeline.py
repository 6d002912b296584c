"""A whole run on a real engine, a real registry and the Hub's stand-in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.bed.bases import BASE, BaseImage
from tests.bed.publishing import Place, publish
from tests.bed.registry import running_registry
from tests.bed.scratch import ScratchRepository
from tests.standins.hub.server import running_hub
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.core import labels
from tfimages_action.core.run import ImageRun, Outcome
from tfimages_action.errors import ExitCode
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


def test_a_run_publishes_families_on_exactly_their_parents_and_uploads_nothing_twice(
    tmp_path: Path, base_image: BaseImage
) -> None:
    assert base_image.image_id
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
        runs = {run.step.image.name: run for run in report.images}
        layers = {name: layers_of(run) for name, run in runs.items()}
        for child, parent in (("child", "one"), ("grandchild", "child")):
            assert layers[child][: len(layers[parent])] == layers[parent]
            written = labels_of(runs[child])["io.github.threefoldtech.tf-images.parent"]
            assert written == f"{parent}={runs[parent].step.image.fingerprint}"
        uploads = Counter(upload.digest for upload in registry.uploads())
        assert [digest for digest, times in uploads.items() if times > 1] == []

        again = publish(folder, "v1", place)
        assert {run.outcome for run in again.images} == {Outcome.SKIPPED}
        assert len(registry.uploads()) == sum(uploads.values())


def layers_of(run: ImageRun) -> list[str]:
    config = RegistryClient().config(run.step.image.reference, run.digest or "")
    assert config is not None
    layers: list[str] = config["rootfs"]["diff_ids"]
    return layers


def labels_of(run: ImageRun) -> dict[str, str]:
    found = dict(RegistryClient().labels(run.step.image.reference, run.digest or "") or {})
    assert labels.read(run.digest or "", found).fingerprint == run.step.image.fingerprint
    return found
