"""An audit holds every stable address of the last release against the registry's image."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from tests.unit.report.samples import step
from tfimages_action.core.catalog.model import Catalog, Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.plan.rollback import Rollback
from tfimages_action.core.published.flist_record import FlistRecord
from tfimages_action.core.published.record import Record, RecordAnswer, Unreadable
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.report import Outcome
from tfimages_action.core.run.work import Log
from tfimages_action.core.tags import require_version_tag
from tfimages_action.doors.auditing import AuditRun
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.readers import Readers
from tfimages_action.doors.publishing.fitting import settings_for
from tfimages_action.errors import ExitCode, SettingsError, TerminateError
from tfimages_action.report.summary import render_summary

DIGEST = "sha256:" + "a" * 64


class FakeAuditor:
    def __init__(self, findings: Mapping[str, tuple[str, ...]]) -> None:
        self.findings = findings
        self.asked: list[tuple[str, str]] = []
        self.held: list[FlistRecord | None] = []

    def audit(
        self,
        image: Image,
        digest: str,
        recorded: FlistRecord | None,
        *,
        log: Log,
        stop: threading.Event,
    ) -> tuple[str, ...]:
        del log, stop
        self.asked.append((image.name, digest))
        self.held.append(recorded)
        return self.findings.get(image.name, ())


def published(answers: Mapping[str, RecordAnswer]) -> Readers:
    def records(references: Iterable[ImageReference]) -> dict[ImageReference, RecordAnswer]:
        return {one: answers[one.repository.rpartition("/")[2]] for one in references}

    def archives(images: Iterable[Image]) -> dict[str, RecordAnswer]:
        return {image.name: answers[image.name] for image in images}

    return Readers(records=records, archives=archives, roots=lambda _, digest: recorded(digest))


def recorded(digest: str) -> FlistRecord:
    made = step("vm").image.fingerprint
    return FlistRecord(
        digest=digest, root="v1:00", name="a.flist", address="", md5="", fingerprint=made
    )


def audit(
    answers: Mapping[str, RecordAnswer], auditor: FakeAuditor, *vms: str
) -> tuple[AuditRun, list[str]]:
    images = tuple(
        replace(step(name).image, kind=Kind.VM if name in vms else Kind.CONTAINER)
        for name in answers
    )
    said: list[str] = []
    catalog = Catalog(revision="v28", images=images)
    return AuditRun(catalog, published(answers), auditor, say=said.append), said


def test_all_is_as_published() -> None:
    auditor = FakeAuditor({})
    run, said = audit({"a": Record(digest=DIGEST), "vm": Record(digest="x")}, auditor, "vm")
    report = run.run()
    assert auditor.asked == [("a", DIGEST), ("vm", "x")]
    assert auditor.held == [recorded(DIGEST), recorded("x")]
    assert report.exit_code == 0
    assert {one.outcome for one in report.images} == {Outcome.SKIPPED}
    assert said == ["a: serves what was published", "vm: serves what was published"]
    page = render_summary(report)
    assert "✅ **audited the stable addresses of 2 images: all serve what was published**" in page


def test_what_differs_fails_and_stands_in_the_summary() -> None:
    auditor = FakeAuditor({"b": ("/etc/passwd: content", "/sbin/init: missing")})
    run, _ = audit({"a": Record(digest=DIGEST), "b": Record(digest=DIGEST)}, auditor)
    report = run.run()
    assert report.exit_code == ExitCode.FAILED
    page = render_summary(report)
    assert "❌ **audited the stable addresses of 2 images: 1 not as published**" in page
    assert "> /etc/passwd: content\n> /sbin/init: missing" in page
    assert "tfimages hub delete" in page


@pytest.mark.parametrize(
    ("answer", "vms", "finding"),
    [
        (None, (), "the registry has no ghcr.io/owner/a"),
        (None, ("a",), "the Hub has no ghcr.io-owner-a-latest.flist"),
        (Unreadable(cause="503"), (), "the registry does not say what was published: 503"),
        (Record(digest=""), ("a",), "does not say what it was made from"),
    ],
)
def test_an_image_that_nobody_can_compare_with_is_no_pass(
    answer: RecordAnswer, vms: tuple[str, ...], finding: str
) -> None:
    auditor = FakeAuditor({})
    run, said = audit({"a": answer}, auditor, *vms)
    assert run.run().exit_code == ExitCode.FAILED
    assert finding in said[0]
    assert auditor.asked == []


@pytest.mark.parametrize("marked", [False, True])
def test_an_older_flist_of_a_vm_is_known_by_what_was_recorded_of_it(marked: bool) -> None:
    image = replace(step("vm").image, kind=Kind.VM, fingerprint="v1:sha256:new")
    old = replace(recorded(DIGEST), fingerprint="v1:sha256:old", version="v27")
    mark = Rollback(since=require_version_tag("v28"), serves="v27")
    readers = Readers(
        archives=lambda _: {"vm": Record(digest=DIGEST)},
        rollbacks=lambda _: {"vm": mark} if marked else {},
        roots=lambda *_: old,
    )
    said: list[str] = []
    catalog = Catalog(revision="v28", images=(image,))
    report = AuditRun(catalog, readers, FakeAuditor({}), say=said.append).run()
    assert report.exit_code == (ExitCode.DONE if marked else ExitCode.FAILED)
    assert (
        "rolled back to v27" if marked else "other sources than this release's, by v27"
    ) in said[0]


def test_a_stopped_audit_passes_nothing() -> None:
    run, _ = audit({"a": Record(digest=DIGEST)}, FakeAuditor({}))
    run.stop(ExitCode.TERMINATED)
    with pytest.raises(TerminateError):
        run.run()


def test_an_audit_needs_the_hub_whatever_else_is_set() -> None:
    asked = Settings(mode="audit", hub_token="t", push=False, convert=False, local=True)
    event = Event(on_github=True, name="schedule")
    fitted = settings_for(asked, event)
    assert (fitted.push, fitted.convert, fitted.local) == (True, True, False)
    with pytest.raises(SettingsError, match="hub-token"):
        settings_for(replace(asked, hub_token=""), event)
