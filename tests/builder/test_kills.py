"""Runs that build by a docker-container builder are killed and started again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bed import kills
from tests.bed.container_builder import ContainerBuilder
from tests.bed.publishing import BUILDER
from tests.bed.registry import running_registry
from tests.integration.test_faults import QUICK, hold
from tests.standins.hub.server import running_hub

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def test_killed_runs_converge(
    tmp_path: Path, builder: ContainerBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BUILDER, builder.name)
    with running_registry() as registry, running_hub(tmp_path / "hub") as hub, kills.tidied():
        killing = kills.Killing(tmp_path / "repository", registry.host, hub)
        results = [killing.run(case) for case in QUICK]
    hold(killing, results)
