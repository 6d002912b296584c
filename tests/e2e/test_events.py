"""A pull request, a clock and a plan for many jobs, through the action's own image."""

from __future__ import annotations

import pytest

from tests.bed import jobs
from tests.bed.scratch import ScratchRepository
from tests.bed.world import World

pytestmark = pytest.mark.slow


def context(world: World) -> dict[str, str]:
    return {
        "repository": world.github.name,
        "actor": world.tokens.user,
        "token": world.github.token or "",
        "api_url": world.github.url,
    }


def test_events_after_a_release(world: World, repository: ScratchRepository) -> None:
    assert world.publish("v1").exit_code == 0
    base = repository.git("rev-parse", "HEAD")
    repository.write("images/nextcloud/site", "nextcloud 2\n")
    repository.commit("A site")
    head = repository.git("rev-parse", "HEAD")
    since = len(world.registry.accesses())

    # A fork's pull request: nothing but the registry's name is known, no secret is given.
    pull = jobs.pull_request(7, base, head, head, **context(world))
    preview = world.run_job(pull, "v1", {"registry": world.namespace})
    assert preview.exit_code == 0, preview.log
    assert preview.output("changed") == ["nextcloud"]
    assert "This change touches **1 image**" in preview.summary
    assert "the next release would then build **1 image** since `v1`" in preview.summary
    assert world.registry.uploads(since) == ()

    # Nothing moved: twice nothing to do, and nothing of what is not released yet.
    given = {
        "registry": world.namespace,
        "registry-username": world.tokens.user,
        "registry-password": world.tokens.password,
        "hub-url": world.hub.url,
        "hub-token": world.hub_token,
    }
    for _ in range(2):
        refresh = world.run_job(jobs.scheduled("main", head, **context(world)), "v1", given)
        assert refresh.exit_code == 0, refresh.log
        assert refresh.output("changed") == []
        assert refresh.outputs["current-tag"] == "v1"
    assert world.registry.uploads(since) == ()

    # What each of many jobs would do.
    plan = world.run_job(
        jobs.dispatched("main", head, **context(world)), "v1",
        {**given, "mode": "plan", "force-all": "true"},
    )  # fmt: skip
    assert plan.exit_code == 0, plan.log
    assert sorted(plan.output("wave-0")) == ["alone", "debian:trixie-slim"]
    assert plan.output("wave-1") == ["ubuntu-docker"]
    assert plan.output("wave-2") == ["nextcloud"]
    assert plan.output("wave-3") == []


def given(world: World) -> dict[str, str]:
    return {
        "registry": world.namespace,
        "registry-username": world.tokens.user,
        "registry-password": world.tokens.password,
        "hub-url": world.hub.url,
        "hub-token": world.hub_token,
    }


def test_the_default_branch_prepares_what_a_release_then_promotes(
    world: World, repository: ScratchRepository
) -> None:
    assert world.publish("v1").exit_code == 0
    released = world.digest("nextcloud", "latest")
    before = repository.git("rev-parse", "HEAD")
    repository.write("images/nextcloud/site", "nextcloud 2\n")
    after = repository.commit("A site")

    push = jobs.branch_push("main", before, after, **context(world))
    pushed = world.run_job(push, "v1", given(world))
    assert pushed.exit_code == 0, pushed.log
    assert pushed.output("changed") == ["nextcloud"]
    prepared = world.digest("nextcloud", f"main-{after[:7]}")
    assert prepared != released
    assert world.digest("nextcloud", "latest") == released
    # People read short commits, programs whole ones.
    assert after[:12] in pushed.summary
    assert after not in pushed.summary
    assert pushed.outputs["current-tag"] == after

    # A release that was made on GitHub's page: its event names a tag, too.
    repository.git("tag", "v2")
    promoted = world.run_job(jobs.release("v2", after, **context(world)), "v2", given(world))
    assert promoted.exit_code == 0, promoted.log
    assert promoted.output("changed") == []
    assert world.digest("nextcloud", "latest") == world.digest("nextcloud", "v2") == prepared


def test_a_stranger_s_code_never_runs_beside_secrets(
    world: World, repository: ScratchRepository
) -> None:
    base = repository.git("rev-parse", "HEAD")
    repository.write("images/nextcloud/Dockerfile", "FROM scratch\n")
    head = repository.commit("A trap")
    pull = jobs.pull_request_target(7, base, head, head, **context(world))
    refused = world.run_job(pull, "v1", given(world))
    assert refused.exit_code == 2, refused.log
    (said,) = refused.annotations
    assert "pull_request_target is refused" in said.message
    assert "Nothing was built" in refused.summary
    assert refused.output("changed") == []
    assert world.registry.uploads() == ()
    assert world.hub.calls == []
