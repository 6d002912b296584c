"""Removing a container that someone else removes already."""

from __future__ import annotations

from typing import cast

import pytest
import requests
from docker.errors import APIError
from docker.models.containers import Container

from tfimages_action.adapters.smoke.place import Place
from tfimages_action.adapters.smoke.sandbox import Sandbox

_LONGEST_S = 5


class _Refusing:
    """A container that the engine removes only with this status, and that is gone after a wait."""

    def __init__(self, status: int, waits: Exception | None = None) -> None:
        self._status = status
        self._waits = waits
        self.waited: list[tuple[str, float]] = []

    def remove(self, **_: bool) -> None:
        response = requests.Response()
        response.status_code = self._status
        raise APIError("no", response=response)

    def wait(self, *, condition: str, timeout: float) -> None:
        self.waited.append((condition, timeout))
        if self._waits:
            raise self._waits


def removed(container: _Refusing) -> _Refusing:
    Sandbox(cast("Container", container), Place()).remove()
    return container


def test_one_on_its_way_out_is_waited_for_but_not_for_ever() -> None:
    ((condition, limit),) = removed(_Refusing(409)).waited
    assert condition == "removed"
    assert 0 < limit <= _LONGEST_S


@pytest.mark.parametrize(
    "error", [requests.ReadTimeout(), requests.ConnectionError(), APIError("")]
)
def test_one_that_does_not_go_in_time_ends_no_run(error: Exception) -> None:
    assert removed(_Refusing(409, error)).waited
    assert removed(_Refusing(404, error)).waited


def test_what_can_not_be_removed_is_said() -> None:
    container = _Refusing(500)
    with pytest.raises(APIError):
        removed(container)
    assert container.waited == []
