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
