"""Trying again what is transient, and asking less of a Hub that gets slow."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from tfimages_action.errors import TfImagesError

T = TypeVar("T")
OnRetry = Callable[[int, str, float], None]
"""Hears of a failed try: its number (from 1), its cause, and the seconds until the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often, and how long to wait: `first_s`, doubled each time, up to `longest_s`.

    The wait is drawn from the upper half of that, so that runs that failed together do not come
    back together. What the other side asks for (`retry_after_s`) counts where it is longer.
    """

    tries: int = 5
    first_s: float = 2.0
    longest_s: float = 60.0

    def delay_s(self, tried: int, asked_s: float | None, draw: float) -> float:
        """Seconds to wait after the `tried`-th try; `draw` is a random number in [0, 1)."""
        backoff = min(self.longest_s, self.first_s * 2.0 ** (tried - 1)) * (0.5 + draw / 2)
        return max(backoff, asked_s or 0.0)


def attempt(
    call: Callable[[], T],
    *,
    policy: RetryPolicy,
    stop: threading.Event,
    on_retry: OnRetry,
    draw: Callable[[], float] = random.random,
) -> T:
    """Call until it works, fails for good, was tried often enough, or is told to stop."""
    for tried in range(1, policy.tries):
        try:
            return call()
        except TfImagesError as error:
            if not error.transient or stop.is_set():
                raise
            delay = policy.delay_s(tried, error.retry_after_s, draw())
            on_retry(tried, error.message, delay)
            if stop.wait(delay):
                raise
    return call()


_SMALLEST_UNIT_BYTES: Final = 8 * 1024 * 1024
_TOLERANCE: Final = 1.25


class AdaptiveLimit:
    """How many conversions to ask of the Hub at once: fewer when its times grow.

    The Hub is shared and single-minded: n conversions at once take at most n times as long each
    as one alone. Longer than that (times a tolerance) means that it is busy with others, or out
    of breath: one slot less, down to one; what stays within it gives a slot back.
    """

    def __init__(self, most: int) -> None:
        self._most = max(1, most)
        self._now = self._most
        self._best: float | None = None
        self._lock = threading.Lock()

    def __call__(self) -> int:
        return self._now

    def observe(self, seconds: float, *, size_bytes: int, beside: int) -> None:
        """Learn from one conversion; `beside`: how many ran at once, itself counted."""
        cost = seconds / max(size_bytes, _SMALLEST_UNIT_BYTES)
        with self._lock:
            alone = cost / max(1, beside)
            self._best = alone if self._best is None else min(self._best, alone)
            if cost > self._best * max(1, beside) * 2 * _TOLERANCE:
                self._now = max(1, self._now - 1)
            elif cost <= self._best * max(1, beside) * _TOLERANCE:
                self._now = min(self._most, self._now + 1)
