"""What the terminal's `hub` commands need, and what they don't."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tfimages_action.adapters.engine import session
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.doors.hub import actions as hub_actions


def test_a_proof_needs_the_engine_and_no_builder(monkeypatch: pytest.MonkeyPatch) -> None:
    """`TFIMAGES_BUILDER` may name one that is not there: nothing is built."""
    asked: list[dict[str, Any]] = []

    @contextmanager
    def opened(**how: Any) -> Iterator[SimpleNamespace]:
        asked.append(how)
        yield SimpleNamespace(source=None)

    monkeypatch.setattr(session, "engine_session", opened)
    with hub_actions._prover(cast("Hub", None), "full"):
        pass
    assert [sorted(how) for how in asked] == [["environment", "registry"]]
