"""Planted tokens turn up nowhere: log, argv, environment of children, summary, layers, flists."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bed.runner import StepResult
from tests.bed.scratch import ScratchRepository
from tests.bed.watch import Watch, watching
from tests.bed.world import World
from tfimages_action.errors import ExitCode

pytestmark = pytest.mark.slow


def publish_watched(world: World, tag: str, **inputs: str) -> tuple[StepResult, Watch]:
    step = world.start(tag, {name.replace("_", "-"): value for name, value in inputs.items()})
    with watching(world.secrets, ours=step.client_pid) as watch:
        result = step.wait()
    return result, watch


def texts_of(result: StepResult, temp: Path) -> Iterator[tuple[str, bytes]]:
    yield "the log", result.raw.encode()
    for name, value in result.outputs.items():
        yield f"output {name}", value.encode()
    yield "the summary", result.summary.encode()
    for file in temp.rglob("*"):
        if file.is_file():
            yield str(file), file.read_bytes()


def stored(world: World, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that went out: manifests, configs, layers, and what the Hub holds."""
    for file in (*world.registry.data.rglob("data"), *(folder / "hub").rglob("*")):
        if file.is_file() and not file.is_symlink():
            content = file.read_bytes()
            zipped = content[:2] == b"\x1f\x8b"
            yield str(file), gzip.decompress(content) if zipped else content


def expect_no_secret(world: World, texts: Iterator[tuple[str, bytes]]) -> int:
    looked_at = 0
    for place, content in texts:
        looked_at += 1
        for secret in world.secrets:
            # The place alone: a failing test must not print a token either.
            assert secret.encode() not in content, place
    return looked_at


def test_no_token_in_anything_that_a_good_run_leaves(world: World, tmp_path: Path) -> None:
    result, watch = publish_watched(world, "v1")
    assert result.exit_code == 0, "the run itself failed"
    assert watch.looks > 10
    assert "docker-buildx" in watch.tools or "docker" in watch.tools
    assert watch.in_arguments == set()
    assert watch.in_environment == set()
    assert expect_no_secret(world, texts_of(result, world.last_temp)) > 5
    assert expect_no_secret(world, stored(world, tmp_path)) > 10


def test_no_token_in_what_a_failing_run_says(world: World, repository: ScratchRepository) -> None:
    repository.write("images/alone/Dockerfile", "FROM debian:trixie-slim\nRUN env && false\n")
    repository.commit("Broken", tag="v2")
    world.tokens.refused_pushes.add(f"{world.owner}/debian")
    result, watch = publish_watched(world, "v2", max_parallel="1")
    assert result.exit_code != 0
    assert watch.in_arguments == set()
    assert watch.in_environment == set()
    expect_no_secret(world, texts_of(result, world.last_temp))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("hub-token", ExitCode.REFUSED),
        ("registry-password", ExitCode.REFUSED),
        ("github-token", ExitCode.DONE),  # a whole clone has its own tags: a warning
    ],
)
def test_no_token_in_what_is_said_of_a_wrong_one(world: World, name: str, code: ExitCode) -> None:
    wrong = "planted-and-wrong-0451"
    result = world.publish("v1", {name: wrong})
    assert result.exit_code == code
    for place, content in texts_of(result, world.last_temp):
        assert wrong.encode() not in content, place
