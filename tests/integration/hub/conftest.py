"""A Hub and a registry of its own for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bed.registry import Registry
from tests.integration.hub.world import STRANGER, World
from tests.standins.hub.server import running_hub


@pytest.fixture
def world(tmp_path: Path, registry: Registry) -> Iterator[World]:
    with running_hub(tmp_path / "hub", window_s=0.1) as hub:
        hub.storage.folder(STRANGER).mkdir()
        yield World(hub, registry, f"hub/{uuid.uuid4().hex}/ubuntu")
