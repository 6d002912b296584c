"""Durations of an earlier run, from the very file that the reports write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.standins.plans import image, step
from tests.standins.world import FakeRevision, World
from tfimages_action.core.plan.model import Plan
from tfimages_action.core.published.names import Release
from tfimages_action.core.run.report import Stage
from tfimages_action.core.tags import require_version_tag
from tfimages_action.pipeline.durations import read_durations
from tfimages_action.pipeline.options import Assignment, Options
from tfimages_action.pipeline.run import PipelineRun
from tfimages_action.report.outputs import report_json


def test_a_report_tells_how_long_each_stage_took(tmp_path: Path) -> None:
    assignment = Assignment(
        plan=Plan(current="v2", previous=None, steps=(step(image("a")), step(image("b", "a")))),
        revision=FakeRevision(),
        occasion=Release(version=require_version_tag("v2")),
    )
    report = PipelineRun(assignment, World(tmp_path).services(), Options()).run()
    known = read_durations(report_json(report))
    assert set(known) == {(name, stage) for name in "ab" for stage in Stage}
    build = next(run for run in report.images[0].stages if run.stage is Stage.BUILD)
    assert known["a", Stage.BUILD] == pytest.approx(build.ended_s - build.started_s, abs=0.01)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"images": [{}]}', '{"images": 3}', "null"])
def test_a_file_that_is_no_report_is_worth_nothing(text: str) -> None:
    assert read_durations(text) == {}
