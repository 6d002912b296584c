"""Three releases through the action's own image: each publishes what changed, and nothing else."""

from __future__ import annotations

from typing import Final

import pytest

from tests.bed.runner import StepResult
from tests.bed.scratch import ScratchRepository
from tests.bed.world import World
from tfimages_action.core import flist_name

pytestmark = pytest.mark.slow

BASE: Final = "debian:trixie-slim"
ALL: Final = (BASE, "alone", "nextcloud", "ubuntu-docker")
CHAIN: Final = (BASE, "ubuntu-docker", "nextcloud")
REPOSITORY: Final = {
    BASE: ("debian", "trixie-slim", "trixie-slim-"),
    "alone": ("alone", "latest", ""),
    "nextcloud": ("nextcloud", "latest", ""),
    "ubuntu-docker": ("ubuntu-docker", "latest", ""),
}
"""Image: its repository, its moving tag, and what stands before its other tags."""


def actions(result: StepResult) -> dict[str, str]:
    return {image["name"]: image["action"] for image in result.output("plan")["images"]}


def expect_published(world: World, result: StepResult, names: tuple[str, ...], tag: str) -> None:
    """Hold outputs, registry, Hub and summary against each other."""
    assert result.exit_code == 0, result.log
    assert sorted(result.output("changed")) == sorted(names)
    assert result.output("failed") == []
    built = {name for name, action in actions(result).items() if action == "build"}
    assert built == set(names)
    stated = {image["name"]: image["digest"] for image in result.output("images")}
    addresses = result.output("flists")
    for name in names:
        repository, moving, prefix = REPOSITORY[name]
        digest = world.digest(repository, moving)
        assert stated[name] == digest
        assert world.digest(repository, f"{prefix}{tag}") == digest
        assert world.digest(repository, prefix + digest[7:19]) == digest
        expect_flist(world, name, addresses[name])
        assert name in result.summary
    assert result.outputs["current-tag"] == tag


def expect_flist(world: World, name: str, address: str) -> None:
    repository, moving, _ = REPOSITORY[name]
    stable = flist_name.of_image(f"{world.namespace}/{repository}:{moving}")
    assert address.startswith(f"{world.hub.url}/{world.hub_user}/")
    light = world.flist(stable)
    assert light["md5"]
    paths = world.flist_entries(stable)
    wanted = {"alone": "/greeting", "nextcloud": "/srv/nextcloud"}.get(name, "/etc/motd")
    assert wanted in paths


def test_each_release_publishes_what_changed(world: World, repository: ScratchRepository) -> None:
    first = world.publish("v1")
    expect_published(world, first, ALL, "v1")
    assert first.outputs["previous-tag"] == ""
    before = {name: world.digest(*REPOSITORY[name][:2]) for name in ALL}

    repository.write("images/nextcloud/site", "nextcloud 2\n")
    repository.write("images/ubuntu-docker/README.md", "# Only words\n")
    repository.commit("A site", tag="v2")
    # The job's clone is shallow: the previous release is only to be had from GitHub.
    second = world.publish("v2", depth=1)
    expect_published(world, second, ("nextcloud",), "v2")
    assert second.outputs["previous-tag"] == "v1"
    assert any("/git/trees/" in asked.target for asked in world.github.asked)
    after = {name: world.digest(*REPOSITORY[name][:2]) for name in ALL}
    assert {name for name in ALL if before[name] != after[name]} == {"nextcloud"}

    repository.write("images/deb-base/motd", "base 2\n")
    repository.commit("A base", tag="v3")
    third = world.publish("v3")
    expect_published(world, third, CHAIN, "v3")
    reasons = {image["name"]: image["reason"] for image in third.output("plan")["images"]}
    assert reasons["nextcloud"]["chain"] == ["nextcloud", "ubuntu-docker", BASE]
    assert actions(third)["alone"] == "skip"
    assert world.digest("alone", "latest") == before["alone"]


def test_the_same_release_again_builds_nothing(world: World) -> None:
    assert world.publish("v1").exit_code == 0
    since = len(world.registry.accesses())
    again = world.publish("v1")
    assert again.exit_code == 0, again.log
    assert set(actions(again).values()) == {"skip"}
    assert world.registry.uploads(since) == ()
