"""What a run is given: how to behave, and whom to ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tfimages_action.core.plan.model import Plan
from tfimages_action.core.published.names import Occasion
from tfimages_action.core.run.report import Stage
from tfimages_action.core.tree import Revision
from tfimages_action.pipeline.backoff import RetryPolicy
from tfimages_action.pipeline.ports import (
    Bases,
    Builder,
    Checker,
    Comparer,
    Converter,
    Housekeeper,
    Publisher,
    Recorder,
)

Durations = Mapping[tuple[str, Stage], float]
"""Seconds that a stage of an image took in an earlier run."""

_GIB: Final = 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a run behaves. Times are seconds."""

    push: bool = True
    convert: bool = True
    """Needs push, or a converter that uploads."""
    max_parallel: int = 2
    max_pushes: int = 2
    max_conversions: int = 2
    fail_fast: bool = False
    publish_together: bool = False
    prune: bool = False
    build_timeout_s: float | None = 3600.0
    push_timeout_s: float | None = 1200.0
    convert_timeout_s: float | None = 2400.0
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    low_disk_bytes: int = 5 * _GIB


_VERIFY_SLOTS: Final = 2
_SWITCH_SLOTS: Final = 4


def slots(options: Options) -> dict[str, int]:
    """How many stages of each kind of slot may run at one time (of conversions: at most)."""
    return {
        "build": options.max_parallel,
        "push": options.max_pushes,
        "convert": options.max_conversions,
        "verify": _VERIFY_SLOTS,
        "switch": _SWITCH_SLOTS,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Whoever does the work. `None` where a run does not need it."""

    builder: Builder
    checker: Checker
    bases: Bases
    publisher: Publisher | None = None
    converter: Converter | None = None
    housekeeper: Housekeeper | None = None
    comparer: Comparer | None = None
    """A refresh's; without it every result counts as a new one."""
    recorder: Recorder | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One run's facts: what to do, from which revision, published as what."""

    plan: Plan
    revision: Revision
    occasion: Occasion
    source: str = ""
    """The repository's URL, for the labels."""
    durations: Durations = field(default_factory=dict)
    """Of earlier runs, where at hand."""


Now = Callable[[], datetime]
