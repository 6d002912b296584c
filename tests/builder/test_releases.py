"""Whole releases through a docker-container builder: the action's own image, as a job runs it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bed.container_builder import ContainerBuilder
from tests.bed.engine import Engine
from tests.bed.publishing import Place, prepared, publish
from tests.bed.registry import running_registry
from tests.bed.runner import StepResult
from tests.bed.scratch import ScratchRepository
from tests.bed.world import World, running_world
from tests.builder.test_builds import until
from tests.standins.hub.server import running_hub
from tfimages_action.adapters.engine.command import BuildOptions
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.events import Event, LogLine, Retrying
from tfimages_action.core.run.report import ImageRun, Outcome, RunReport, Stage
from tfimages_action.errors import ExitCode
from tfimages_action.pipeline.options import Options

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PARENTS = {"os": "", "lib": "os", "app": "lib", "left": "os", "right": "os"}
"""A chain of three, and two beside it that are built at one time."""


@pytest.fixture
def repository(tmp_path: Path, base: str) -> ScratchRepository:
    """Return a family on a base that the builder pulls by itself, tagged v1."""
    scratch = ScratchRepository(tmp_path / "origin")
    for name, parent in PARENTS.items():
        source = f"ARG REGISTRY\nFROM ${{REGISTRY}}/{parent}" if parent else f"FROM {base}"
        # What a parent left is read: a child on another one would not build.
        read = f"cat /made-by-{parent} &&" if parent else ""
        text = f'{source}\nCOPY site /made-by-{name}\nRUN {read} true\nCMD ["sleep", "infinity"]\n'
        scratch.write(f"images/{name}/Dockerfile", text)
        scratch.write(f"images/{name}/site", f"{name} 1\n")
    scratch.commit("First", tag="v1")
    return scratch


@pytest.fixture
def world(
    tmp_path: Path, engine: Engine, action_image: str, repository: ScratchRepository
) -> Iterator[World]:
    """Run everything that a release of the family meets."""
    with running_world(
        tmp_path, engine=engine, repository=repository, image=action_image
    ) as running:
        yield running


def layers(world: World, result: StepResult, name: str) -> list[str]:
    """The layers of a published image."""
    digests = {image["name"]: image["digest"] for image in result.output("images")}
    config = RegistryClient().config(
        ImageReference.parse(f"{world.namespace}/{name}"), digests[name]
    )
    assert config is not None
    found: list[str] = config["rootfs"]["diff_ids"]
    return found


def test_each_release_publishes_what_changed_on_exactly_its_parents(
    world: World, repository: ScratchRepository, builder: ContainerBuilder
) -> None:
    given = {"builder": builder.name, "max-parallel": "2", "cache": "registry"}
    first = world.publish("v1", given)
    assert first.exit_code == 0, first.log
    assert all(world.digest(name, "cache-latest") for name in PARENTS), "with the run's own login"
    assert sorted(first.output("changed")) == sorted(PARENTS)
    made = {name: layers(world, first, name) for name in PARENTS}
    for name, parent in PARENTS.items():
        assert not parent or made[name][: len(made[parent])] == made[parent], name
    before = {name: world.digest(name, "latest") for name in PARENTS}

    repository.write("images/app/site", "app 2\n")
    repository.commit("A site", tag="v2")
    second = world.publish("v2", given)
    assert second.exit_code == 0, second.log
    assert second.output("changed") == ["app"]
    after = {name: world.digest(name, "latest") for name in PARENTS}
    assert {name for name in PARENTS if before[name] != after[name]} == {"app"}
    assert all(world.flist_entries(address.rpartition("/")[2]) for address in
               first.output("flists").values())  # fmt: skip


def test_a_cancelled_job_leaves_nothing_running_in_the_builder(
    world: World, repository: ScratchRepository, builder: ContainerBuilder, base: str
) -> None:
    repository.write("images/os/Dockerfile", f"FROM {base}\nRUN sleep 4712\n")
    repository.commit("It hangs", tag="v2")
    step = world.start("v2", {"builder": builder.name})
    try:
        until(lambda: "sleep 4712" in builder.commands(), "the RUN never ran")
    finally:
        step.terminate()
    result = step.wait()
    assert result.exit_code in {130, 143}, result.log
    assert "interrupted" in result.summary
    until(lambda: "sleep 4712" not in builder.commands(), "it still runs")
    until(lambda: "dial-stdio" not in builder.commands(), "somebody still talks to it")


def test_a_builder_that_is_killed_fails_the_job_and_the_next_one_ends_it(
    world: World, repository: ScratchRepository, builder: ContainerBuilder, base: str
) -> None:
    # The last to be built, and the kill may come as late as the machine is slow.
    text = f'FROM {base}\nRUN sleep 4713\nCMD ["sleep", "infinity"]\n'
    repository.write("images/right/Dockerfile", text)
    repository.commit("It hangs", tag="v2")
    given = {"builder": builder.name, "max-parallel": "2"}
    step = world.start("v2", given)
    try:
        until(lambda: "os: build done" in step.so_far, "nothing is built")
        until(lambda: "sleep 4713" in builder.commands(), "the RUN never ran")
        builder.kill()
        result = step.wait()
    finally:
        step.terminate()
        builder.start()
    assert result.exit_code == ExitCode.ENGINE_LOST, result.log
    assert world.digest("os", "latest"), "what was built is published"
    assert "went away while it built" in result.log
    assert f"docker logs {builder.container}" in result.log
    assert builder.container in result.summary
    assert "Traceback" not in result.raw

    before = world.digest("os", "latest")
    repository.write("images/right/Dockerfile", text.replace("sleep 4713", "true"))
    repository.commit("It does not", tag="v3")
    again = world.publish("v3", given)
    assert again.exit_code == 0, again.log
    assert all(world.digest(name, "v3") for name in PARENTS)
    assert world.digest("os", "latest") == before, "it is not built again"


# -- at home, where buildx knows the builder, without the action's image ---------------------------


def family(folder: Path, *, platforms: str = "") -> Path:
    """Write images on nothing: grandparent, parent, child; tagged v1."""
    scratch = ScratchRepository(folder)
    for name, parent in {"one": "", "two": "one", "three": "two"}.items():
        source = f"ARG REGISTRY\nFROM ${{REGISTRY}}/{parent}" if parent else "FROM scratch"
        text = f'{source}\nCOPY content /{name}\nCMD ["/{name}"]\n'
        scratch.write(f"images/{name}/Dockerfile", text)
        scratch.write(f"images/{name}/content", f"{name}\n")
        if platforms:
            scratch.write(f"images/{name}/image.yaml", f"platforms: [{platforms}]\n")
    scratch.commit("release v1", "v1")
    return scratch.folder


def published(report: RunReport) -> dict[str, ImageRun]:
    assert report.exit_code is ExitCode.DONE, [run.failure for run in report.images]
    assert {run.outcome for run in report.images} == {Outcome.PUBLISHED}
    assert all(run.flist and run.flist.verified for run in report.images)
    return {run.step.image.name: run for run in report.images}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Run a registry that lets in everyone, and a Hub."""
    with running_registry() as registry, running_hub(tmp_path / "hub") as hub:
        yield Place(
            registry=f"{registry.host}/home",
            hub_url=hub.url,
            hub_token=hub.tokens.issue("alice.3bot"),
        )


def test_a_family_of_two_platforms_is_published_and_proved(
    tmp_path: Path, place: Place, builder: ContainerBuilder
) -> None:
    folder = family(tmp_path / "repository", platforms="linux/amd64, linux/arm64")
    how = {"builder": builder.name, "user_buildx": builder.config}
    runs = published(publish(folder, "v1", place, session=how))
    client = RegistryClient()
    for name, run in runs.items():
        manifest = client.manifest(run.step.image.reference.with_tag("v1"))
        assert manifest is not None, name
        assert manifest.is_index, name
        assert len(manifest.children()) == 2, name
    again = publish(folder, "v1", place, session=how)
    assert {run.outcome for run in again.images} == {Outcome.SKIPPED}


def test_two_runs_of_one_commit_give_equal_digests(
    tmp_path: Path, builder: ContainerBuilder
) -> None:
    folder = family(tmp_path / "repository")
    how = {"builder": builder.name, "user_buildx": builder.config}
    found = []
    with running_registry() as registry:
        for number in range(2):
            with running_hub(tmp_path / f"hub{number}") as hub:
                place = Place(
                    registry=f"{registry.host}/home",
                    hub_url=hub.url,
                    hub_token=hub.tokens.issue("alice.3bot"),
                )
                runs = published(publish(folder, "v1", place, session=how))
            found.append({name: run.digest for name, run in runs.items()})
            # As if nothing had ever been built: neither the registry nor the builder knows a thing.
            shutil.rmtree(registry.data)
            builder.buildx("prune", "--builder", builder.name, "--all", "--force")
    assert found[0] == found[1]


def test_a_builder_that_buildx_can_start_again_costs_a_try(
    tmp_path: Path, place: Place, builder: ContainerBuilder, base: str
) -> None:
    folder = family(tmp_path / "repository")
    scratch = ScratchRepository(folder)
    scratch.write("images/slow/Dockerfile", f'FROM {base}\nRUN sleep 6\nCMD ["true"]\n')
    scratch.commit("release v2", "v2")
    events: list[Event] = []

    def kill(event: Event) -> None:
        if isinstance(event, LogLine) and "RUN sleep 6" in event.text and not events:
            builder.kill()
        if isinstance(event, Retrying) or (isinstance(event, LogLine) and "sleep 6" in event.text):
            events.append(event)

    how = {"builder": builder.name, "user_buildx": builder.config}
    options = Options(max_parallel=1)
    with prepared(folder, "v2", place, options=options, listener=kill, session=how) as run:
        published(run.run())
    retried = [event for event in events if isinstance(event, Retrying)]
    assert retried
    assert all(event.stage is Stage.BUILD for event in retried)
    assert "went away while it built" in retried[0].cause


def test_provenance_reaches_the_registry_and_the_flist_is_proved_all_the_same(
    tmp_path: Path, place: Place, builder: ContainerBuilder
) -> None:
    folder = family(tmp_path / "repository")
    options = BuildOptions(provenance=True)
    how = {"builder": builder.name, "user_buildx": builder.config, "options": options}
    client = RegistryClient()
    for name, run in published(publish(folder, "v1", place, session=how)).items():
        manifest = client.manifest(run.step.image.reference.with_tag("v1"))
        assert manifest is not None, name
        assert manifest.is_index, name
    again = publish(folder, "v1", place, session=how)
    assert {run.outcome for run in again.images} == {Outcome.SKIPPED}
