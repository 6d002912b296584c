"""Machines take the cores and gigabytes that tests elsewhere want: they boot one after another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bed import turns


@pytest.fixture
def turn() -> Iterator[None]:
    """Hold the machines' turn for one test."""
    with turns.turn():
        yield
