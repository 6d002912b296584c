"""The engine's disk: a word before it is full, and images dropped once nothing needs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.run.report import Stage
from tfimages_action.pipeline.graph import Job
from tfimages_action.pipeline.ports import Housekeeper
from tfimages_action.pipeline.stages import ImageWork

_MIB = 1024**2


def low_disk(housekeeper: Housekeeper, low_bytes: int) -> Problem | None:
    """A warning where little is left to build in."""
    free = housekeeper.free_bytes()
    if free is None or free >= low_bytes:
        return None
    return Problem(
        severity=Severity.WARNING,
        message=f"only {free // _MIB:,} MiB are free where the engine keeps its images",
        hint="free some space, or set `prune: true` to drop this run's images as it goes",
    )


class Tidier:
    """Drops a built image after its own last stage and its children's builds and checks."""

    def __init__(
        self,
        works: Mapping[str, ImageWork],
        jobs: Mapping[str, Iterable[Job]],
        housekeeper: Housekeeper,
    ) -> None:
        self._works = works
        self._housekeeper = housekeeper
        self._waits: dict[str, set[Job]] = {name: set(own) for name, own in jobs.items()}
        for name, work in works.items():
            builds = [job for job in jobs[name] if job.stage in {Stage.BUILD, Stage.CHECK}]
            for parent in work.step.image.parent_names:
                self._waits.get(parent, set()).update(builds)
        self._users: dict[Job, list[str]] = {}
        for name, waits in self._waits.items():
            for job in waits:
                self._users.setdefault(job, []).append(name)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="drop")

    def ended(self, job: Job) -> None:
        """A stage is over: drop what only it was waiting for."""
        for name in self._users.get(job, ()):
            waits = self._waits[name]
            waits.discard(job)
            built = self._works[name].built
            if not waits and built is not None:
                self._pool.submit(self._housekeeper.drop, built)

    def close(self, *, hurried: bool) -> None:
        """Wait until all is dropped; in a hurry drop nothing more."""
        self._pool.shutdown(wait=not hurried, cancel_futures=hurried)
