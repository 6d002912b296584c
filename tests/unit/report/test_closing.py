"""The closing table of a run in a terminal."""

from dataclasses import replace

import pytest

from tests.unit.report.samples import image_run, report
from tfimages_action.core.run.report import Failure, Flist, Outcome, RunReport, Stage, StageRun
from tfimages_action.errors import Location
from tfimages_action.report.closing import closing_lines


def test_each_touched_image_has_a_row_and_all_are_counted() -> None:
    build = StageRun(stage=Stage.BUILD, started_s=1.0, ended_s=8.0, slot="build-1")
    lines = closing_lines(
        report(
            image_run(
                "ok",
                stages=(build,),
                size_bytes=12_300_000,
                references=("r/ok:v28", "r/ok:latest"),
                flist=Flist(name="ok-1.flist", address="file:///x", verified=True),
            ),
            image_run("bad", Outcome.FAILED, failure=Failure(stage=Stage.CHECK, message="m")),
            image_run("child", Outcome.BLOCKED, blocked_by="bad"),
            image_run("idle", Outcome.SKIPPED),
        )
    )
    text = {line.split()[0]: " ".join(line.split()) for line in lines if line}
    assert text["ok"] == "ok published 12.3 MB 7.0 s r/ok:latest ok-1.flist (proved)"
    assert text["bad"] == "bad failed: check"
    assert text["child"] == "child blocked by bad"
    assert "idle" not in text
    assert lines[-1] == "1 published, 1 skipped, 1 failed, 1 blocked in 1 min 02 s"


NAMES = ("ubuntu:24.04", "debian:trixie-slim", "nomad/client-with-a-long-name")


def long_report() -> RunReport:
    """Names as they are in a registry on this machine: each wider than half a terminal."""
    stage = StageRun(stage=Stage.BUILD, started_s=1.0, ended_s=80.0, slot="build-1")
    published = [
        image_run(
            name,
            stages=(stage,),
            size_bytes=123_400_000,
            references=(f"127.0.0.1:45123/me/{name.replace(':', '-')}:24.04",),
            flist=Flist(
                name=f"127.0.0.1-45123-me-{name.replace(':', '-').replace('/', '-')}-v28.flist",
                address="file:///x",
                verified=True,
            ),
        )
        for name in NAMES
    ]
    blocked = image_run("child-of-it", Outcome.BLOCKED, blocked_by=NAMES[2])
    failed = image_run("bad", Outcome.FAILED, failure=Failure(stage=Stage.CHECK, message="m"))
    return report(*published, blocked, failed)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_word_is_folded_and_only_a_long_name_is_wider_than_the_terminal(width: int) -> None:
    lines = closing_lines(long_report(), width=width)
    wide = [line for line in lines if len(line) > width]
    assert all(
        line.startswith("  ") and " " not in line[2:].removesuffix(" (proved)") for line in wide
    )
    told = set(" ".join(lines).split())
    assert {"published", "blocked", "by", "failed:", "check"} <= told
    for run in long_report().images:
        names = {run.step.image.name, *run.references}
        assert names | ({run.flist.name} if run.flist else set()) <= told


@pytest.mark.parametrize(("width", "rows"), [(120, False), (220, True)])
def test_references_stand_beside_the_rest_where_there_is_room(width: int, rows: bool) -> None:
    lines = closing_lines(long_report(), width=width)
    (line,) = (line for line in lines if line.startswith(NAMES[0]))
    assert ("127.0.0.1:45123" in line) is rows
    assert ("reference" in lines[1]) is rows


def test_a_run_that_touched_nothing_says_so() -> None:
    idle = image_run("idle", Outcome.SKIPPED)
    assert closing_lines(report(idle)) == ["nothing to do: 1 image up to date in 1 min 02 s"]
    assert closing_lines(report(idle, sentence="audited it")) == ["audited it in 1 min 02 s"]
    # What was refused has said why.
    assert closing_lines(report(error="no engine")) == []


def test_each_failure_is_told_once_more_at_the_end_with_its_cure() -> None:
    failure = Failure(
        stage=Stage.BUILD,
        message="`RUN x` failed",
        hint="mend it",
        location=Location(path="images/bad/Dockerfile", line=4),
    )
    lines = closing_lines(
        report(
            image_run("bad", Outcome.FAILED, failure=failure),
            # Of the many that a lost engine leaves behind one cause is enough.
            image_run("later", Outcome.BLOCKED, failure=replace(failure, message="not started")),
        )
    )
    assert lines[-5:-1] == [
        "",
        "bad: build failed: images/bad/Dockerfile:4: `RUN x` failed",
        "  -> mend it",
        "",
    ]
