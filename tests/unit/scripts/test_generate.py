"""action.yml and the README say what the code reads and writes."""

import dataclasses
import re

import pytest
import yaml

from scripts.fan_out import render_fan_out
from scripts.generate import (
    FAN_OUT,
    OUTPUTS_PAGE,
    ROOT,
    render_action,
    render_configuration,
    render_readme,
)
from scripts.outputs import render_outputs
from tfimages_action.core.config.values import ImagesYaml, ImageYaml
from tfimages_action.core.plan.fan_out import MAX_WAVES
from tfimages_action.doors.inputs.table import INPUTS
from tfimages_action.report.outputs import OUTPUTS

ACTION = (ROOT / "action.yml").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
README = (ROOT / "README.md").read_text()


def test_files_are_what_the_tables_make() -> None:
    assert render_action() == ACTION, "run `make generate`"
    assert render_readme(README) == README, "run `make generate`"
    assert render_configuration(CONFIGURATION) == CONFIGURATION, "run `make generate`"
    assert render_fan_out() == FAN_OUT.read_text(), "run `make generate`"
    assert render_outputs() == OUTPUTS_PAGE.read_text(), "run `make generate`"


def test_each_output_has_an_example() -> None:
    page = render_outputs()
    for name in OUTPUTS:
        if name.startswith("wave-"):
            continue
        section = page.partition(f"## `{name}`\n")[2].partition("\n## ")[0]
        example = re.search(r"```\w+\n(.*?)\n```", section, re.DOTALL)
        assert example is not None, name
        assert example[1] not in {"", "[]", "{}"}, name
    assert "## `wave-0` to `wave-7`" in page


def test_each_wave_of_a_plan_has_its_job_and_its_output() -> None:
    jobs = yaml.safe_load(FAN_OUT.read_text())["jobs"]
    names = [f"wave-{number}" for number in range(MAX_WAVES)]
    assert [name for name in jobs if name.startswith("wave-")] == names
    assert list(jobs["plan"]["outputs"]) == names
    assert [name for name in OUTPUTS if name.startswith("wave-")] == names
    assert set(names) < set(jobs["finish"]["needs"])


@pytest.mark.parametrize("model", [ImageYaml, ImagesYaml])
def test_each_key_of_the_configuration_is_described(model: type[ImageYaml | ImagesYaml]) -> None:
    for field in dataclasses.fields(model):
        assert f"\n| `{field.name}` | " in CONFIGURATION


def test_each_input_and_output_is_described_in_both() -> None:
    action = yaml.safe_load(ACTION)
    assert list(action["inputs"]) == [spec.name for spec in INPUTS]
    assert list(action["outputs"]) == list(OUTPUTS)
    for name in (*action["inputs"], *action["outputs"]):
        assert f"\n| `{name}` | " in README


def test_about_ten_inputs_come_first_and_the_rest_is_folded_away() -> None:
    shown, _, folded = README.partition("<summary>Advanced inputs</summary>")
    first = [spec.name for spec in INPUTS if not spec.advanced]
    assert 8 <= len(first) <= 12
    assert all(f"| `{name}` |" in shown for name in first)
    assert all(f"| `{spec.name}` |" in folded for spec in INPUTS if spec.advanced)


def test_defaults_are_text() -> None:
    # The runner hands over text: YAML's true would become something else on its way.
    action = yaml.safe_load(ACTION)
    assert all(isinstance(spec["default"], str) for spec in action["inputs"].values())


def test_entry_point_has_no_shell() -> None:
    # dash drops INPUT_HUB-TOKEN and all others with a hyphen.
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    entry = [line for line in lines if line.startswith("ENTRYPOINT")]
    assert entry == ['ENTRYPOINT ["tini", "-g", "--", "python3", "/opt/tf-images/entrypoint.py"]']
    assert not [line for line in lines if line.startswith(("WORKDIR", "USER", "CMD"))]


def test_a_readme_without_its_section_is_an_error() -> None:
    with pytest.raises(ValueError, match="inputs"):
        render_readme(README.replace("<!-- inputs:", "<!-- gone:"))
