"""A whole run on real parts: plan by records, build, push, convert, prove, switch.

The doors do the same with inputs and reports around it. As a process of its own,
`python -m tests.bed.publishing`, it says on stdout what happens, a line each (`started push app`,
`line push app 3`, `ended push app`), and ends with a line of JSON; with `--kill "ended push app"`
it sends itself SIGKILL right there.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tfimages_action.adapters.engine.session import engine_session
from tfimages_action.adapters.git.repository import GitRepository
from tfimages_action.adapters.hub.choices import Choices, Verify
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.adapters.hub.converter import HubConverter
from tfimages_action.adapters.hub.states import flist_states
from tfimages_action.adapters.hub.token import Token
from tfimages_action.adapters.hub.transport import Transport
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.adapters.registry.flist_records import FlistRecorder
from tfimages_action.adapters.registry.probe import StrangersProbe
from tfimages_action.adapters.registry.records import RecordReader
from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.plan.decide import decide
from tfimages_action.core.plan.knowledge import Knowledge
from tfimages_action.core.plan.model import Plan
from tfimages_action.core.published.names import Release, fingerprint_reference
from tfimages_action.core.published.record import FlistState, Record
from tfimages_action.core.run.events import Event, Listener, LogLine, StageEnded, StageStarted
from tfimages_action.core.run.report import RunReport, Stage
from tfimages_action.core.run.work import Built, CheckResult, Log
from tfimages_action.core.tags import require_version_tag
from tfimages_action.pipeline.backoff import RetryPolicy
from tfimages_action.pipeline.options import Assignment, Options, Services
from tfimages_action.pipeline.run import PipelineRun

BUILDER: Final = "TFIMAGES_TEST_BUILDER"
"""The variable that names a builder beside the engine to a process of this module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a run publishes to."""

    registry: str
    """Host and namespace."""
    hub_url: str
    hub_token: str

    def hub(self) -> Hub:
        return Hub.sign_in(Transport(self.hub_url, token=Token(self.hub_token)))


class NoChecks:
    """Containers are not booted: what this bed measures is everything around the checks."""

    def check(self, built: Built, *, log: Log, stop: threading.Event) -> Sequence[CheckResult]:
        log(f"{built.image.name}: {'stopped' if stop.is_set() else 'not booted'}")
        return (CheckResult(name="none", ok=not stop.is_set()),)


def catalog_of(repository: Path, tag: str, place: Place) -> Catalog:
    revision = GitRepository(repository).revision(tag)
    return build_catalog(revision, CatalogOptions(registry=place.registry))


def plan_of(catalog: Catalog, client: RegistryClient, hub: Hub | None) -> Plan:
    """Plan by records alone, as a run without a previous tag does."""
    images = catalog.images
    records = RecordReader(client).read(image.reference for image in images)
    wanted = {
        image.name: record.digest
        for image in images
        if isinstance(record := records[image.reference], Record)
        and record.fingerprint == image.fingerprint
    }
    left = [image for image in images if image.name not in wanted]
    promoted = RecordReader(client).read(fingerprint_reference(image) for image in left)
    pairs = [(image, wanted[image.name]) for image in images if image.name in wanted]
    flists: dict[str, FlistState] = flist_states(hub, hub.user, pairs) if hub else {}
    return decide(
        Knowledge(
            current=catalog,
            records={image.name: records[image.reference] for image in images},
            promotable={
                image.name: record
                for image in left
                if isinstance(record := promoted[fingerprint_reference(image)], Record)
                and record.fingerprint == image.fingerprint
            },
            flists=flists,
        )
    )


@contextmanager
def prepared(
    repository: Path,
    tag: str,
    place: Place,
    *,
    options: Options | None = None,
    listener: Listener = lambda _event: None,
    change: Callable[[Services], Services] = lambda services: services,
    session: Mapping[str, Any] | None = None,
) -> Iterator[PipelineRun]:
    """Plan and get ready to run; `session`: what `engine_session` is told besides."""
    client, hub = RegistryClient(), place.hub()
    catalog = catalog_of(repository, tag, place)
    chosen = options or Options()
    with engine_session(environment=os.environ, registry=client, **(session or {})) as engine:
        choices = Choices(verify=Verify.FULL, version=tag)
        services = Services(
            builder=engine.builder,
            checker=NoChecks(),
            bases=engine.bases,
            publisher=engine.publisher if chosen.push else None,
            converter=HubConverter(hub, engine.source, StrangersProbe(), choices),
            recorder=FlistRecorder(client, StrangersProbe(), version=tag) if chosen.push else None,
            housekeeper=engine.housekeeper,
        )
        assignment = Assignment(
            plan=plan_of(catalog, client, hub if chosen.convert else None),
            revision=GitRepository(repository).revision(tag),
            occasion=Release(version=require_version_tag(tag)),
            source="https://example.org/repository",
        )
        yield PipelineRun(assignment, change(services), chosen, listener=listener)


def publish(
    repository: Path,
    tag: str,
    place: Place,
    options: Options | None = None,
    *,
    session: Mapping[str, Any] | None = None,
) -> RunReport:
    with prepared(repository, tag, place, options=options, session=session) as run:
        return run.run()


class _Telling:
    """Prints what happens as it happens; kills its process at the deadly line."""

    def __init__(self, deadly: str) -> None:
        self._lines: Counter[tuple[str, Stage]] = Counter()
        self._deadly = deadly

    def __call__(self, event: Event) -> None:
        match event:
            case StageStarted(image=image, stage=stage):
                self._tell(f"started {stage} {image}")
            case StageEnded(image=image, run=run):
                self._tell(f"ended {run.stage} {image}")
            case LogLine(image=image, stage=stage):
                self._lines[image, stage] += 1
                self._tell(f"line {stage} {image} {self._lines[image, stage]}")
            case _:
                pass

    def _tell(self, text: str) -> None:
        print(text, flush=True)
        if text == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)


def told(report: RunReport) -> dict[str, object]:
    """What became of each image, as JSON has it."""
    return {
        one.step.image.name: {
            "outcome": one.outcome,
            "built": any(run.stage is Stage.BUILD for run in one.stages),
            "digest": one.digest,
            "references": one.references,
            "flist": one.flist and one.flist.name,
            "stable": one.flist and one.flist.stable_address,
            "verified": one.flist and one.flist.verified,
            "failure": one.failure and f"{one.failure.stage}: {one.failure.message}",
        }
        for one in report.images
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish one tag; the last line of what is printed says what became of each image."""
    parser = argparse.ArgumentParser()
    parser.add_argument("repository", type=Path)
    parser.add_argument("tag")
    parser.add_argument("--registry", required=True)
    parser.add_argument("--hub", required=True)
    parser.add_argument("--token", required=True, help="of a stand-in: it is no secret")
    parser.add_argument("--kill", default="")
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--together", action="store_true")
    given = parser.parse_args(arguments)
    place = Place(registry=given.registry, hub_url=given.hub, hub_token=given.token)
    options = Options(
        max_parallel=given.parallel,
        publish_together=given.together,
        retry=RetryPolicy(first_s=0.2),
    )
    telling = _Telling(given.kill)
    session = {"builder": os.environ.get(BUILDER, "")}
    with prepared(
        given.repository, given.tag, place, options=options, listener=telling, session=session
    ) as run:
        report = run.run()
    said = {"images": told(report), "seconds": report.duration_s, "error": report.error}
    print(json.dumps(said), flush=True)
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
