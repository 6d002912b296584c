"""`tfimages-report.json` is what its shipped schema says."""

import copy
import json
from typing import Any

import jsonschema
import pytest

from scripts.generate import REPORT_SCHEMA
from scripts.report_schema import render_report_schema
from scripts.sample_report import sample_report
from tests.unit.report.samples import report
from tfimages_action.report.outputs import report_json

SCHEMA = json.loads(REPORT_SCHEMA.read_text())


def written() -> dict[str, Any]:
    content = json.loads(report_json(sample_report()))
    assert isinstance(content, dict)
    return content


def test_the_shipped_schema_is_the_code_s() -> None:
    assert render_report_schema() == REPORT_SCHEMA.read_text(), "run `make generate`"


def test_reports_are_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(written(), SCHEMA)
    jsonschema.validate(json.loads(report_json(report(plan=None, error="no tag"))), SCHEMA)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("images", 0, "outcome"), "perhaps"),
        (("images", 0, "digest"), 7),
        (("images", 0, "flist", "verified"), "yes"),
        (("images", 0, "colour"), "blue"),
        (("plan", "steps", 0, "action"), "dance"),
        (("duration_s",), None),
    ],
)
def test_what_is_no_report_is_refused(place: tuple[Any, ...], value: object) -> None:
    broken = copy.deepcopy(written())
    at: Any = broken
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMA)
