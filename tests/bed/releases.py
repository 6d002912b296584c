"""Releases and refreshes, planned and run over a world of files: whole runs, event to report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.bed.history import History
from tests.standins.world import FakeRegistry, World
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.published import names
from tfimages_action.core.published.record import FlistState, RecordAnswer
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.report import Outcome, RunReport
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.planner import Planned, make_plan
from tfimages_action.doors.planning.readers import BaseAnswer, Readers
from tfimages_action.doors.publishing.fitting import settings_for
from tfimages_action.doors.publishing.occasions import occasion_of
from tfimages_action.errors import ExitCode
from tfimages_action.pipeline.backoff import RetryPolicy
from tfimages_action.pipeline.options import Assignment, Options
from tfimages_action.pipeline.run import PipelineRun

REGISTRY = "r.example/o"
DEBIAN = ImageReference.parse("docker.io/library/debian:12")
SCHEDULE = Event(
    on_github=True, name="schedule", ref="refs/heads/main", ref_name="main", ref_type="branch",
    sha="tip", repository="owner/images", payload={"schedule": "0 4 * * 1"},
)  # fmt: skip
RELEASE = Event(
    on_github=True, name="push", ref="refs/tags/v1", ref_name="v1", ref_type="tag",
    sha="tip", repository="owner/images",
)  # fmt: skip
RETRY = RetryPolicy(tries=1, first_s=0.001, longest_s=0.001)


class Bed:
    """One repository, one world, and whole runs from event to report."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.history = History()
        self.history.commit(
            {
                "images/base/Dockerfile": "FROM debian:12\n",
                "images/child/Dockerfile": f"FROM {REGISTRY}/base\n",
                "images/alone/Dockerfile": "FROM alpine:3\n",
            },
            tag="v1",
        )
        self.hidden: set[ImageReference] = set()

    def plan(self, event: Event = SCHEDULE, **inputs: object) -> Planned:
        given = Settings(hub_token="token", **inputs)  # type: ignore[arg-type]
        settings = settings_for(given, event)
        published = Readers(
            records=self._records,
            bases=self._bases,
            tags=FakeRegistry(self.world).tags,
            flists=self._flists,
        )
        return make_plan(
            settings, event, self.history.sources, registry=REGISTRY, published=published
        )

    def run(self, event: Event = SCHEDULE, **inputs: object) -> RunReport:
        planned = self.plan(event, **inputs)
        assignment = Assignment(
            plan=planned.plan,
            revision=planned.comparison.current,
            occasion=planned.refresh or occasion_of(planned.comparison, event),
        )
        return PipelineRun(assignment, self.world.services(), Options(retry=RETRY)).run()

    def tags(self, image: str) -> dict[str, str]:
        prefix = f"{REGISTRY}/{image}:"
        found = self.world.tags().items()
        return {name.removeprefix(prefix): d for name, d in found if name.startswith(prefix)}

    def effects(self) -> list[str]:
        """What was done since the last time that somebody asked."""
        every = self.world.effects()
        (self.world.folder / "effects").write_text("")
        return [line for line in every if not line.startswith("resolve")]

    def _records(
        self, references: Iterable[ImageReference]
    ) -> Mapping[ImageReference, RecordAnswer]:
        return {reference: self.world.record(reference) for reference in references}

    def _bases(self, references: Iterable[ImageReference]) -> Mapping[ImageReference, BaseAnswer]:
        return {
            one: BaseAnswer(digest=None, cause="timed out")
            if one in self.hidden
            else BaseAnswer(digest=self.world.base(one))
            for one in references
        }

    def _flists(
        self, digests: Mapping[str, str], images: Iterable[Image]
    ) -> Mapping[str, FlistState]:
        flists, links = self.world.flists(), self.world.links()
        states = {}
        for image in images:
            if image.name in digests:
                name = names.content_flist(image, digests[image.name])
                linked = links.get(image.flist) == name
                there = FlistState.READY if linked else FlistState.UNLINKED
                states[image.name] = there if name in flists else FlistState.ABSENT
        return states


def outcomes(report: RunReport) -> dict[str, Outcome]:
    assert report.exit_code is ExitCode.DONE, report
    return {run.step.image.name: run.outcome for run in report.images}


def idle(report: RunReport) -> bool:
    return set(outcomes(report).values()) == {Outcome.SKIPPED}
