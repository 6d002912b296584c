"""What a later step is given, whatever became of the run."""

import json

from tests.unit.report.samples import image_run, report
from tfimages_action.core.plan.model import Plan
from tfimages_action.core.run.report import Failure, Flist, Outcome, RunReport, Stage
from tfimages_action.report.outputs import LIMIT_CHARACTERS, OUTPUTS, outputs_of

DIGEST = "sha256:" + "a" * 64


def read(found: RunReport, plan_json: str = "{}") -> dict[str, object]:
    outputs = outputs_of(found, plan_json)
    lists = {"images", "changed", "failed", "flists", "waves", "wave-0", "wave-1"}
    return {name: json.loads(text) if name in lists else text for name, text in outputs.items()}


def test_images_are_those_that_stand_in_the_registry() -> None:
    flist = Flist(name="a.flist", address="https://hub/a.flist")
    found = report(
        image_run("a", digest=DIGEST, references=("ghcr.io/owner/a:v28",), flist=flist),
        image_run("b", Outcome.FAILED, failure=Failure(stage=Stage.BUILD, message="no")),
        image_run("c", Outcome.BLOCKED, blocked_by="b"),
    )
    outputs = read(found)
    assert outputs["images"] == [
        {
            "name": "a",
            "reference": "ghcr.io/owner/a:latest",
            "digest": DIGEST,
            "references": ["ghcr.io/owner/a:v28"],
            "outcome": "published",
        }
    ]
    assert outputs["changed"] == ["a", "b", "c"]
    assert outputs["failed"] == ["b", "c"]
    assert outputs["flists"] == {"a": "https://hub/a.flist"}
    assert outputs["attest-subjects"] == ""
    assert (outputs["current-tag"], outputs["previous-tag"]) == ("v28", "v27")


def test_all_are_there_even_without_a_plan() -> None:
    outputs = read(report(plan=None, error="no plan"), "")
    assert outputs.keys() == OUTPUTS.keys()
    assert outputs["changed"] == outputs["images"] == outputs["waves"] == []
    assert outputs["current-tag"] == ""
    first = report(plan=Plan(current="v1", previous=None, steps=()))
    assert read(first)["previous-tag"] == ""


def test_each_wave_is_an_output_of_its_own() -> None:
    outputs = read(report(waves=(("a", "b"), ("c",))))
    assert outputs["waves"] == [["a", "b"], ["c"]]
    assert (outputs["wave-0"], outputs["wave-1"], outputs["wave-2"]) == (["a", "b"], ["c"], "[]")


def test_what_no_runner_takes_is_left_out() -> None:
    assert read(report(), "x" * LIMIT_CHARACTERS)["plan"] == "x" * LIMIT_CHARACTERS
    assert read(report(), "x" * (LIMIT_CHARACTERS + 1))["plan"] == ""
