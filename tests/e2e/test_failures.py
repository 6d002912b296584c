"""What goes wrong through the action's own image: exit codes, what still happens, the summary."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from tests.bed.runner import StepResult
from tests.bed.scratch import ScratchRepository
from tests.bed.world import World

pytestmark = pytest.mark.slow

_NAP_S: Final = 7351
"""A number that no other process of this machine sleeps for."""


def expect_refusal(result: StepResult, *words: str) -> None:
    assert result.exit_code == 2, result.log
    text = result.log + "".join(a.message for a in result.annotations)
    for word in words:
        assert word in text
    assert result.summary


def test_a_failing_build_costs_its_own_branch_only(
    world: World, repository: ScratchRepository
) -> None:
    repository.write(
        "images/ubuntu-docker/Dockerfile",
        "ARG REGISTRY\nFROM ${REGISTRY}/debian:trixie-slim\nRUN echo broken pipe dream && false\n",
    )
    repository.commit("Break it", tag="v2")
    result = world.publish("v2")
    assert result.exit_code == 1
    assert sorted(result.output("failed")) == ["nextcloud", "ubuntu-docker"]
    published = {image["name"] for image in result.output("images")}
    assert published == {"debian:trixie-slim", "alone"}
    assert "broken pipe dream" in result.summary
    assert "blocked" in result.summary.lower()
    assert any(a.level == "error" and "ubuntu-docker" in a.message for a in result.annotations)


@pytest.mark.parametrize(
    ("path", "content", "words"),
    [
        ("images/alone/image.yaml", "varients: []\n", ("varients", "variants")),
        ("images/alone/Dockerfile", "FROM ${NOWHERE}\n", ("NOWHERE", "images/alone/Dockerfile")),
        (
            "images/deb-base/Dockerfile",
            "ARG REGISTRY\nFROM ${REGISTRY}/nextcloud\n",
            ("nextcloud", "ubuntu-docker"),
        ),
        (
            "images/alone/image.yaml",
            "variants: [{name: nextcloud}]\n",
            ("nextcloud",),
        ),
    ],
    ids=["unknown-key", "unset-argument", "cycle", "one-name-twice"],
)
def test_bad_input_is_refused_before_anything_is_built(
    world: World, repository: ScratchRepository, path: str, content: str, words: tuple[str, ...]
) -> None:
    repository.write(path, content)
    repository.commit("A mistake", tag="v2")
    expect_refusal(world.publish("v2"), *words)
    assert world.registry.uploads() == ()


def test_a_tag_that_is_no_version_is_refused(world: World, repository: ScratchRepository) -> None:
    repository.git("tag", "nightly")
    expect_refusal(world.publish("nightly"), "nightly")


def test_conversion_without_a_token_is_refused(world: World) -> None:
    expect_refusal(world.publish("v1", {"hub-token": ""}), "hub-token")


def test_an_empty_folder_is_refused(world: World) -> None:
    expect_refusal(world.publish("v1", {"images-dir": "nowhere"}), "nowhere")


def test_a_hub_that_is_not_there_is_a_refusal(world: World) -> None:
    world.hub.stop()
    expect_refusal(world.publish("v1"), "nothing was built", "hub-url")
    assert world.registry.uploads() == ()


def test_cancelling_ends_everything(world: World, repository: ScratchRepository) -> None:
    repository.write("images/alone/Dockerfile", f"FROM debian:trixie-slim\nRUN sleep {_NAP_S}\n")
    repository.commit("Slow", tag="v2")
    step = world.start("v2", {"only": "alone"})
    assert wait_until(asleep), step.so_far
    step.cancel()
    result = step.wait(timeout_s=60)
    assert result.exit_code == 130
    assert result.summary
    assert wait_until(lambda: not asleep())


def asleep() -> bool:
    """Whether the build's long sleep runs, anywhere on this machine."""
    wanted = f"sleep\0{_NAP_S}\0".encode()
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if process.read_bytes() == wanted:
                return True
    return False


def wait_until(condition: Callable[[], bool], timeout_s: float = 120) -> bool:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.1)
    return False
