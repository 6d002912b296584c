"""One run of one plan: stages into slots, events while it goes on, a report at its end.

Partial failure is data. `run` returns a report whatever happens: a stage's error costs its image
and what is built on it, a service that is lost ends what needs it, and `stop` (called by a signal
handler, say) ends everything within five seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from typing import Final

from tfimages_action.core.problem import Problem
from tfimages_action.core.run.events import Listener
from tfimages_action.core.run.report import Flist, ImageRun, Outcome, RunReport
from tfimages_action.errors import (
    BuilderError,
    EngineError,
    ExitCode,
    HubError,
    InterruptError,
    RegistryError,
    StageError,
    TfImagesError,
)
from tfimages_action.pipeline.backoff import AdaptiveLimit, attempt
from tfimages_action.pipeline.bases import PinnedBases, Saying
from tfimages_action.pipeline.disk import Tidier, low_disk
from tfimages_action.pipeline.graph import Job, tasks_of
from tfimages_action.pipeline.journal import Journal
from tfimages_action.pipeline.moving import moving_tags
from tfimages_action.pipeline.options import Assignment, Now, Options, Services, slots
from tfimages_action.pipeline.scheduler import End, Ended, Limit, Scheduler
from tfimages_action.pipeline.stages import ImageWork, Shared
from tfimages_action.pipeline.uploads import FirstUploads
from tfimages_action.pipeline.workers import Threads, Workers

_HUB_SLOTS: Final = ("convert", "verify")
_BUILD_SLOTS: Final = ("build",)


class PipelineRun:
    """Runs one plan. `run` may be called once, `stop` at any time from anywhere."""

    def __init__(
        self,
        assignment: Assignment,
        services: Services,
        options: Options,
        *,
        listener: Listener = lambda _event: None,
        workers: Workers[Job] | None = None,
        now: Now = lambda: datetime.now(UTC),
    ) -> None:
        self._assignment = assignment
        self._services = services
        self._options = options
        self._workers: Workers[Job] = workers or Threads(time.monotonic)
        self._now = now
        self._lost: TfImagesError | None = None
        self._interrupted: ExitCode | None = None
        self._hub = _HubLoad(options.max_conversions, self._workers.now)
        self._works = self._make_works()
        plan = assignment.plan
        tasks = tasks_of(plan.steps, assignment.occasion, options, assignment.durations)
        jobs: dict[str, list[Job]] = {name: [] for name in self._works}
        for task in tasks:
            if task.key.stage is not None:
                jobs[task.key.image].append(task.key)
        self._journal = Journal(self._works, jobs, listener=listener, clock=self._workers.now)
        keeper = services.housekeeper
        self._tidier = Tidier(self._works, jobs, keeper) if keeper and options.prune else None
        self._scheduler = Scheduler(
            tasks,
            limits=self._limits(),
            workers=self._workers,
            call=self._do,
            on_end=self._on_end,
        )

    def stop(self, code: ExitCode = ExitCode.INTERRUPTED) -> None:
        """End everything that runs and start nothing more. Safe in a signal handler."""
        self._interrupted = self._interrupted or code
        self._scheduler.close(InterruptError("the run was told to stop"))

    def run(self) -> RunReport:
        """Do the plan; return what happened, as complete as it got."""
        started = self._now()
        self._journal.open()
        problems = self._look_at_disk()
        try:
            self._scheduler.run()
        finally:
            if self._tidier:
                self._tidier.close(hurried=self._interrupted is not None)
        images = self._journal.images()
        return RunReport(
            plan=self._assignment.plan,
            images=images,
            started=started,
            duration_s=self._journal.seconds(),
            problems=problems,
            error=self._error_text(),
            exit_code=self._exit_code(images),
        )

    def _make_works(self) -> dict[str, ImageWork]:
        steps = self._assignment.plan.steps
        shared = Shared(
            assignment=self._assignment,
            services=self._services,
            options=self._options,
            bases=PinnedBases(self._services.bases),
            moving_tags=moving_tags(step.image for step in steps),
            uploads=FirstUploads(),
            switching=threading.Lock(),
            observe_conversion=self._hub.observe,
        )
        works: dict[str, ImageWork] = {}
        works.update((step.image.name, ImageWork(step, shared, works)) for step in steps)
        return works

    def _limits(self) -> dict[str, Limit]:
        fixed: dict[str, Limit] = {
            kind: partial(int, most) for kind, most in slots(self._options).items()
        }
        return {**fixed, "convert": self._hub.limit}

    def _look_at_disk(self) -> tuple[Problem, ...]:
        keeper = self._services.housekeeper
        if keeper is None or not self._assignment.plan.builds:
            return ()
        problem = low_disk(keeper, self._options.low_disk_bytes)
        if problem is None:
            return ()
        self._journal.notice(f"{problem.message}: {problem.hint}")
        return (problem,)

    # -- in a worker -----------------------------------------------------------------------------

    def _do(self, job: Job, slot: str, stop: threading.Event) -> None:
        stage = job.stage
        assert stage is not None  # noqa: S101 - a family's gate has no slot
        work = self._works[job.image]
        saying = Saying(log=lambda text: self._journal.line(job, text), stop=stop)
        self._journal.started(job, slot)
        publisher = self._services.publisher
        with publisher.heeding(stop) if publisher else nullcontext():
            attempt(
                lambda: work.do(stage, saying),
                policy=self._options.retry,
                stop=stop,
                on_retry=lambda tried, cause, s: self._journal.retrying(job, tried, cause, s),
            )

    # -- in the scheduler's thread ---------------------------------------------------------------

    def _on_end(self, ended: Ended[Job]) -> None:
        self._journal.ended(ended)
        if self._tidier:
            self._tidier.ended(ended.key)
        if ended.end is not End.FAILED:
            return
        match ended.error:
            case BuilderError() as error:
                self._lose(error, _BUILD_SLOTS)
            case EngineError() | RegistryError() as error:
                self._lose(error)
            case HubError() as error:
                # Images still have their use: they are built and pushed to the end.
                self._lose(error, _HUB_SLOTS)
            case error if self._options.fail_fast and self._interrupted is None:
                cause = error.message if isinstance(error, TfImagesError) else str(error)
                text = f"fail-fast: {ended.key} failed: {cause}"
                self._scheduler.close(StageError(text))
            case _:
                pass

    def _lose(self, error: TfImagesError, slots: tuple[str, ...] | None = None) -> None:
        if self._lost is None:
            self._lost = error
            self._journal.notice(error.render())
        self._scheduler.close(error, slots)

    # -- the end ---------------------------------------------------------------------------------

    def _error_text(self) -> str | None:
        if self._interrupted:
            return "interrupted: the run was told to stop; started again, it goes on from here"
        return self._lost.render() if self._lost else None

    def _exit_code(self, images: tuple[ImageRun, ...]) -> ExitCode:
        if self._interrupted:
            return self._interrupted
        if self._lost:
            return self._lost.exit_code
        bad = any(image.outcome in {Outcome.FAILED, Outcome.BLOCKED} for image in images)
        return ExitCode.FAILED if bad else ExitCode.DONE


class _HubLoad:
    """How many conversions run now, and what the last ones say about how many should."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self.limit = AdaptiveLimit(most)
        self._clock = clock
        self._lock = threading.Lock()
        self._now = 0

    def observe(self, convert: Callable[[], Flist], size_bytes: int) -> Flist:
        with self._lock:
            self._now += 1
            beside = self._now
        began = self._clock()
        try:
            flist = convert()
        finally:
            with self._lock:
                beside = max(beside, self._now)
                self._now -= 1
        self.limit.observe(self._clock() - began, size_bytes=size_bytes, beside=beside)
        return flist
