"""What happens while a run goes on, as typed events: the pipeline emits them, doors show them.

They stand in the core because the reports (which know no pipeline) render them live. A listener
is called by one thread at a time, in the order in which things happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tfimages_action.core.run.report import ImageRun, Stage, StageRun


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStarted:
    """A stage of an image got its slot. `at_s`: seconds since the run began."""

    image: str
    stage: Stage
    slot: str
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEnded:
    """A stage of an image is over; `run.ok` says how. `message` is the cause of a failure."""

    image: str
    run: StageRun
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a stage's log."""

    image: str
    stage: Stage
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """Something transient went wrong; the stage tries again after `delay_s`."""

    image: str
    stage: Stage
    attempt: int
    """The try that failed, from 1."""
    cause: str
    delay_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageEnded:
    """Nothing more happens to this image in this run."""

    run: ImageRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A word about the run as a whole: little disk, a service lost, a stop."""

    text: str


Event = StageStarted | StageEnded | LogLine | Retrying | ImageEnded | Notice
Listener = Callable[[Event], None]
