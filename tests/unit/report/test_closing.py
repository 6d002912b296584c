"""The closing table of a run in a terminal."""

from tests.unit.report.samples import image_run, report
from tfimages_action.core.run import Failure, Flist, Outcome, Stage, StageRun
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


def test_a_run_that_touched_nothing_says_nothing() -> None:
    assert closing_lines(report(image_run("idle", Outcome.SKIPPED))) == []
