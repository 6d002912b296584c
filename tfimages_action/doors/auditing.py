"""`mode: audit`: reads again what a release published, and fails with what is served instead.

Nothing is built, pushed or converted. On the Hub any user can overwrite another's flist through a
link, so what was proved once is proved again, on a schedule.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol

from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.catalog.model import Catalog, Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.plan.model import Action, Plan, Reason, ReasonKind, Step
from tfimages_action.core.plan.selection import Selection, matched
from tfimages_action.core.published.flist_record import FlistRecord
from tfimages_action.core.published.record import Record, RecordAnswer, Unreadable
from tfimages_action.core.run.report import Failure, ImageRun, Outcome, RunReport, Stage
from tfimages_action.core.run.work import Log
from tfimages_action.core.tags import parse_version_tag
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.readers import Readers
from tfimages_action.doors.planning.revisions import Sources
from tfimages_action.errors import ExitCode, InterruptError, SettingsError, TagError, TerminateError
from tfimages_action.report import words

if TYPE_CHECKING:
    from tfimages_action.doors.wiring.services import Services

_HINT: Final = (
    "find out who changed it (the Hub's page tells when); then remove link and flist from the Hub "
    "(`tfimages hub delete`) and publish the release again: it is converted and proved anew"
)


class Auditor(Protocol):
    """Holds a stable address against the image with this digest and the root recorded for it.

    Empty: it serves just that.
    """

    def audit(
        self,
        image: Image,
        digest: str,
        recorded: FlistRecord | None,
        *,
        log: Log,
        stop: threading.Event,
    ) -> tuple[str, ...]: ...


def audit_settings(settings: Settings) -> Settings:
    """Fit the inputs to an audit: registry and Hub are asked, whatever else was set."""
    if not settings.hub_token:
        raise SettingsError(
            "an audit looks into your folder on the Hub, but there is no hub-token",
            hint="set `hub-token`",
        )
    return replace(settings, push=True, convert=True, local=False)


def open_audit(services: Services, sources: Sources, registry: str, say: Log) -> AuditRun:
    """Make the audit of the last release, with what asks registry and Hub."""
    catalog = released(services.settings, sources, registry)
    auditor, published = services.auditor(), services.published
    assert auditor is not None and published is not None  # noqa: S101, PT018 - by the settings
    return AuditRun(catalog, published, auditor, say=say)


def released(settings: Settings, sources: Sources, registry: str) -> Catalog:
    """Read the images to audit: those of `current`, else of the greatest release.

    Raises `TagError` where nothing was released yet.
    """
    versions = [tag for tag in map(parse_version_tag, sources.tags) if tag is not None]
    stable = [tag for tag in versions if not tag.is_prerelease]
    if not (settings.current or stable):
        raise TagError(
            "there is no release to audit", hint="publish one first, or name a revision: `current`"
        )
    # A pre-release moves no stable name, so none is what they should serve.
    name = settings.current or max(stable).text
    options = CatalogOptions(registry=registry, images_dir=settings.images_dir)
    catalog = build_catalog(sources.revision(name), options)
    chosen = matched(Selection(only=settings.only, descendants=settings.with_descendants), catalog)
    images = tuple(image for image in catalog.images if image.name in chosen)
    return Catalog(revision=catalog.revision, images=images, problems=catalog.problems)


class AuditRun:
    """One audit of one release. `stop` may be called from a signal handler."""

    def __init__(self, catalog: Catalog, published: Readers, auditor: Auditor, *, say: Log) -> None:
        self._catalog = catalog
        self._published = published
        self._auditor = auditor
        self._say = say
        self._stop = threading.Event()
        self._code = ExitCode.INTERRUPTED

    def stop(self, code: ExitCode) -> None:
        """End the audit after what it is at."""
        self._code = code
        self._stop.set()

    def run(self) -> RunReport:
        """Audit every image. Raises when Hub, registry or engine could not be asked."""
        started, clock = datetime.now(UTC), time.monotonic()
        runs = tuple(self._image(image) for image in self._catalog.images)
        wrong = sum(run.outcome is Outcome.FAILED for run in runs)
        total = f"the stable addresses of {words.count(len(runs), 'image')}"
        return RunReport(
            plan=Plan(
                current=self._catalog.revision,
                previous=None,
                steps=tuple(run.step for run in runs),
                problems=self._catalog.problems,
            ),
            images=runs,
            started=started,
            duration_s=time.monotonic() - clock,
            exit_code=ExitCode.FAILED if wrong else ExitCode.DONE,
            sentence=f"audited {total}: "
            + (f"{wrong} not as published" if wrong else "all serve what was published"),
        )

    def _image(self, image: Image) -> ImageRun:
        record = self._record(image)
        findings = self._findings(image, record)
        if self._stop.is_set():
            kind = TerminateError if self._code is ExitCode.TERMINATED else InterruptError
            raise kind("interrupted before the audit was complete", hint="run it again")
        for finding in findings:
            self._say(f"{image.name}: {finding}")
        if not findings:
            self._say(f"{image.name}: serves what was published")
        step = Step(
            image=image,
            action=Action.SKIP,
            reason=Reason(
                kind=ReasonKind.UP_TO_DATE,
                detail="is not what was published" if findings else "serves what was published",
                chain=(image.name,),
            ),
            record=record if isinstance(record, Record) else None,
        )
        if not findings:
            return ImageRun(step=step, outcome=Outcome.SKIPPED)
        failure = Failure(stage=Stage.VERIFY, message="\n".join(findings), hint=_HINT)
        return ImageRun(step=step, outcome=Outcome.FAILED, failure=failure)

    def _record(self, image: Image) -> RecordAnswer:
        if image.kind is Kind.VM:
            archives = self._published.archives
            return archives([image])[image.name] if archives else None
        records = self._published.records
        return records([image.reference])[image.reference] if records else None

    def _findings(self, image: Image, record: RecordAnswer) -> tuple[str, ...]:
        match record:
            case None:
                return (f"{_where(image)} has no {_what(image)}",)
            case Unreadable(cause=cause):
                return (f"{_where(image)} does not say what was published: {cause}",)
            case Record(digest=digest) if not digest:
                return (f"{image.flist} does not say what it was made from",)
            case Record(digest=digest):
                read = self._published.roots
                recorded = read(image, digest) if read else None
                found = self._auditor.audit(image, digest, recorded, log=self._say, stop=self._stop)
                return (*found, *self._other_sources(image, recorded))

    def _other_sources(self, image: Image, recorded: FlistRecord | None) -> tuple[str, ...]:
        """What a VM was made from only the Hub says: an older flist may stand there in its place.

        What was recorded of that flist tells, unless somebody took the name back on purpose.
        """
        if image.kind is not Kind.VM or recorded is None:
            return ()
        if recorded.fingerprint == image.fingerprint:
            return ()
        rollbacks = self._published.rollbacks
        if rollbacks is not None and image.name in rollbacks([image]):
            self._say(f"{image.name}: rolled back to {recorded.version}, says a mark on the Hub")
            return ()
        by = f", by {recorded.version}" if recorded.version else ""
        return (f"{image.flist} was made from other sources than this release's{by}",)


def _where(image: Image) -> str:
    return "the Hub" if image.kind is Kind.VM else "the registry"


def _what(image: Image) -> str:
    return image.flist if image.kind is Kind.VM else str(image.reference)
