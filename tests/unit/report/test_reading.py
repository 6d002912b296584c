"""A report that was written is read back whole."""

import json

import pytest

from tests.unit.report.samples import image_run, report
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.run.report import Failure, Flist, Outcome, RunReport, Stage, StageRun
from tfimages_action.core.run.work import CheckResult
from tfimages_action.errors import ExitCode, SettingsError
from tfimages_action.report.outputs import report_json
from tfimages_action.report.reading import read_report
from tfimages_action.report.summary import render_summary


def full() -> RunReport:
    stage = StageRun(stage=Stage.BUILD, started_s=1, ended_s=2.5, slot="build-1", ok=False)
    return report(
        image_run(
            "ok",
            parents=("base",),
            flist=Flist(name="ok.flist", address="https://hub/ok.flist", verified=True),
            digest="sha256:" + "a" * 64,
            references=("ghcr.io/owner/ok:v28",),
            checks=(CheckResult(name="ssh", ok=True),),
        ),
        image_run(
            "bad",
            Outcome.FAILED,
            stages=(stage,),
            failure=Failure(stage=Stage.BUILD, message="m", log_tail=("one", "two")),
        ),
        problems=(Problem(severity=Severity.WARNING, message="old"),),
        exit_code=ExitCode.FAILED,
        error="lost",
    )


def test_a_report_is_read_back_as_it_was_written() -> None:
    read = read_report(report_json(full()))
    assert read == full()
    assert render_summary(read) == render_summary(full())


def test_a_report_without_a_plan_too() -> None:
    failed = report(plan=None, error="the plan erred", exit_code=ExitCode.REFUSED)
    assert read_report(report_json(failed)) == failed


def test_what_a_newer_version_adds_is_passed_over() -> None:
    data = json.loads(report_json(full()))
    data["images"][0]["weather"] = "fine"
    assert read_report(json.dumps(data)) == full()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"plan": 3}', "<html>"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="no report of a run"):
        read_report(text)
