"""Retries and the adaptive limit."""

from __future__ import annotations

import threading

import pytest

from tfimages_action.errors import RegistryError, StageError
from tfimages_action.pipeline.backoff import AdaptiveLimit, RetryPolicy, attempt

MIB = 1024**2
QUICK = RetryPolicy(tries=4, first_s=0.001, longest_s=0.002)


class Flaky:
    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def tried(call: Flaky, stop: threading.Event | None = None) -> list[tuple[int, str, float]]:
    told: list[tuple[int, str, float]] = []
    attempt(
        call,
        policy=QUICK,
        stop=stop or threading.Event(),
        on_retry=lambda *what: told.append(what),
        draw=lambda: 1.0,
    )
    return told


def transient(text: str, retry_after_s: float | None = None) -> StageError:
    return StageError(text, transient=True, retry_after_s=retry_after_s)


def test_it_tries_again_and_tells_why() -> None:
    told = tried(Flaky(transient("429"), transient("reset")))
    assert [(number, cause) for number, cause, _ in told] == [(1, "429"), (2, "reset")]


def test_it_gives_up_after_so_many_tries_with_the_last_error() -> None:
    call = Flaky(*(transient(str(number)) for number in range(9)))
    with pytest.raises(StageError, match="3"):
        tried(call)
    assert call.calls == QUICK.tries


@pytest.mark.parametrize("error", [StageError("RUN failed"), ValueError("a bug")])
def test_what_is_not_transient_is_tried_once(error: Exception) -> None:
    call = Flaky(error)
    with pytest.raises(type(error)):
        tried(call)
    assert call.calls == 1


def test_any_kind_of_error_may_be_transient() -> None:
    assert len(tried(Flaky(RegistryError("down", transient=True)))) == 1


def test_it_waits_as_long_as_it_was_asked_to() -> None:
    assert tried(Flaky(transient("429", retry_after_s=0.03)))[0][2] == 0.03


def test_a_stop_ends_the_waiting() -> None:
    stop = threading.Event()
    stop.set()
    call = Flaky(transient("x", retry_after_s=100))
    with pytest.raises(StageError):
        tried(call, stop)
    assert call.calls == 1


def test_a_stop_while_it_waits_ends_it_too() -> None:
    stop = threading.Event()
    call = Flaky(transient("x", retry_after_s=100))
    with pytest.raises(StageError):
        attempt(call, policy=QUICK, stop=stop, on_retry=lambda *_what: stop.set())
    assert call.calls == 1


def test_delays_grow_to_a_limit_and_are_spread() -> None:
    policy = RetryPolicy(first_s=2, longest_s=10)
    assert [policy.delay_s(number, None, 1.0) for number in (1, 2, 3, 4)] == [2, 4, 8, 10]
    assert [policy.delay_s(number, None, 0.0) for number in (1, 2, 3, 4)] == [1, 2, 4, 5]
    assert policy.delay_s(1, 30.0, 0.5) == 30


def test_the_limit_stays_while_two_take_as_long_as_the_hub_is_known_for() -> None:
    limit = AdaptiveLimit(2)
    limit.observe(12, size_bytes=350 * MIB, beside=1)
    for _ in range(5):
        limit.observe(22, size_bytes=350 * MIB, beside=2)
    assert limit() == 2


def test_the_limit_backs_off_when_times_grow_and_comes_back() -> None:
    limit = AdaptiveLimit(4)
    limit.observe(12, size_bytes=350 * MIB, beside=1)
    for _ in range(9):
        limit.observe(130, size_bytes=350 * MIB, beside=2)
    assert limit() == 1
    for _ in range(9):
        limit.observe(12, size_bytes=350 * MIB, beside=1)
    assert limit() == 4


@pytest.mark.parametrize(("seconds", "slots"), [(12, 3), (24, 2), (26, 1)])
def test_it_backs_off_beyond_two_and_a_half_times_and_comes_back_within_a_quarter_more(
    seconds: float, slots: int
) -> None:
    limit = AdaptiveLimit(3)
    limit.observe(10, size_bytes=350 * MIB, beside=1)
    limit.observe(100, size_bytes=350 * MIB, beside=1)
    assert limit() == 2
    limit.observe(seconds, size_bytes=350 * MIB, beside=1)
    assert limit() == slots


def test_a_large_image_is_not_a_slow_hub() -> None:
    limit = AdaptiveLimit(2)
    limit.observe(1, size_bytes=20 * MIB, beside=1)
    for _ in range(5):
        limit.observe(60, size_bytes=1200 * MIB, beside=1)
    limit.observe(0.5, size_bytes=1000, beside=1)
    assert limit() == 2
