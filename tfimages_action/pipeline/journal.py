"""What happens in a run, told to the listener as it happens and kept for the report."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tfimages_action.core.run.events import (
    Event,
    ImageEnded,
    Listener,
    LogLine,
    Notice,
    Retrying,
    StageEnded,
    StageStarted,
)
from tfimages_action.core.run.report import ImageRun
from tfimages_action.errors import TfImagesError
from tfimages_action.pipeline.graph import Job
from tfimages_action.pipeline.outcomes import JobLog, image_run, stage_run
from tfimages_action.pipeline.scheduler import Ended
from tfimages_action.pipeline.stages import ImageWork

_LOG_TAIL: Final = 20


class Journal:
    """Hears of everything, from any thread; tells the listener one thing at a time."""

    def __init__(
        self,
        works: Mapping[str, ImageWork],
        jobs: Mapping[str, Sequence[Job]],
        *,
        listener: Listener,
        clock: Callable[[], float],
    ) -> None:
        self._works = works
        self._jobs = jobs
        self._listener = listener
        self._clock = clock
        self._began = clock()
        self._lock = threading.RLock()
        self._logs = {
            job: JobLog(tail=deque(maxlen=_LOG_TAIL)) for own in jobs.values() for job in own
        }
        self._ends: dict[Job, Ended[Job]] = {}
        self._runs: dict[str, ImageRun] = {}

    def open(self) -> None:
        """The run begins: images without a stage are over already."""
        self._began = self._clock()
        for name, jobs in self._jobs.items():
            if not jobs:
                self._image_over(name)

    def seconds(self) -> float:
        """Since the run began."""
        return self._clock() - self._began

    def started(self, job: Job, slot: str) -> None:
        if job.stage is not None:
            self._tell(
                StageStarted(image=job.image, stage=job.stage, slot=slot, at_s=self.seconds())
            )

    def line(self, job: Job, text: str) -> None:
        if job.stage is not None:
            self._logs[job].tail.append(text)
            self._tell(LogLine(image=job.image, stage=job.stage, text=text))

    def retrying(self, job: Job, tried: int, cause: str, delay_s: float) -> None:
        if job.stage is not None:
            self._logs[job].attempts = tried + 1
            self._tell(
                Retrying(
                    image=job.image, stage=job.stage, attempt=tried, cause=cause, delay_s=delay_s
                )
            )

    def ended(self, ended: Ended[Job]) -> None:
        """A stage is over, or will not be tried; with its last one the image is over."""
        job = ended.key
        if job.stage is None:
            return
        self._ends[job] = ended
        if ended.slot:
            run = stage_run(ended, self._logs[job], began=self._began)
            self._tell(StageEnded(image=job.image, run=run, message=_told(ended.error)))
        if all(other in self._ends for other in self._jobs[job.image]):
            self._image_over(job.image)

    def notice(self, text: str) -> None:
        self._tell(Notice(text=text))

    def images(self) -> tuple[ImageRun, ...]:
        """Every image, in the plan's order."""
        return tuple(self._runs[name] for name in self._works)

    def _image_over(self, name: str) -> None:
        ends = [self._ends[job] for job in self._jobs[name]]
        run = image_run(self._works[name], ends, self._logs, began=self._began)
        self._runs[name] = run
        self._tell(ImageEnded(run=run))

    def _tell(self, event: Event) -> None:
        with self._lock:
            self._listener(event)


def _told(error: Exception | None) -> str:
    """What happened, with the place before it."""
    place = error.location if isinstance(error, TfImagesError) else None
    return f"{place}: {error}" if place else str(error or "")
