"""action.yml says what the code reads and writes."""

import yaml

from scripts.action_yml import PATH, render
from tfimages_action.doors.inputs import INPUTS
from tfimages_action.report.outputs import OUTPUTS


def test_action_yml_is_what_the_tables_make() -> None:
    assert PATH.read_text() == render(), "run `make generate`"


def test_each_input_and_output_is_described() -> None:
    action = yaml.safe_load(PATH.read_text())
    assert list(action["inputs"]) == [spec.name for spec in INPUTS]
    assert list(action["outputs"]) == list(OUTPUTS)
    parts = [*action["inputs"].values(), *action["outputs"].values()]
    assert all(part["description"] for part in parts)


def test_defaults_are_text() -> None:
    # The runner hands over text; YAML's true would arrive as "True" on some paths.
    action = yaml.safe_load(PATH.read_text())
    assert all(isinstance(spec["default"], str) for spec in action["inputs"].values())
