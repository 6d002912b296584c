"""Write what follows from the code: action.yml, fan-out.yaml, schemas, tables of the pages.

`python -m scripts.generate`; a test holds the files against the tables in the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import yaml

from scripts import configuration, hub_page
from scripts.fan_out import render_fan_out
from scripts.images_table import images_table
from scripts.outputs import render_outputs
from scripts.report_schema import render_report_schema
from tfimages_action.doors.inputs.table import INPUTS, Input
from tfimages_action.report.outputs import OUTPUTS

ROOT: Final = Path(__file__).resolve().parents[1]
FAN_OUT: Final = ROOT / ".github" / "workflows" / "fan-out.yaml"
OUTPUTS_PAGE: Final = ROOT / "docs" / "outputs.md"
REPORT_SCHEMA: Final = ROOT / "tfimages_action" / "report" / "report.schema.json"
_HEAD: Final = "# Made by `make generate` from doors/inputs/table.py and report/outputs.py.\n"


def render_action() -> str:
    """Return the text of action.yml."""
    described = {
        "name": "tf-images",
        "description": "Builds, proves and publishes a repository's images and ThreeFold flists",
        "author": "tf-images",
        "branding": {"icon": "layers", "color": "blue"},
        "inputs": {
            spec.name: {"description": spec.help, "required": False, "default": spec.default}
            for spec in INPUTS
        },
        "outputs": {name: {"description": text} for name, text in OUTPUTS.items()},
        "runs": {"using": "docker", "image": "Dockerfile"},
    }
    return _HEAD + yaml.safe_dump(described, sort_keys=False, allow_unicode=True, width=100)


def render_readme(text: str) -> str:
    """Return the README with its tables made anew; the rest of `text` stays."""
    return _with_sections(text, _sections(), "README.md")


def render_configuration(text: str) -> str:
    """Return docs/configuration.md with its reference made anew; the rest of `text` stays."""
    return _with_sections(text, configuration.sections(), "docs/configuration.md")


def render_hub_page(text: str) -> str:
    """Return docs/hub.md with what follows from the tests made anew; the rest of `text` stays."""
    return _with_sections(text, hub_page.sections(), "docs/hub.md")


def _with_sections(text: str, sections: Mapping[str, str], file: str) -> str:
    for name, content in sections.items():
        section = f"(<!-- {re.escape(name)}:[^>]*-->\n).*?(<!-- /{re.escape(name)} -->)"
        hits = re.findall(section, text, re.DOTALL)
        if len(hits) != 1:
            raise ValueError(f"{file} has {len(hits)} sections named {name!r}, not one")
        head, foot = hits[0]
        before, _, rest = text.partition(head)
        text = f"{before}{head}\n{content}\n{foot}{rest.partition(foot)[2]}"
    return text


def _sections() -> Mapping[str, str]:
    first = _inputs_table(spec for spec in INPUTS if not spec.advanced)
    rest = _inputs_table(spec for spec in INPUTS if spec.advanced)
    rows = [f"| `{name}` | {_cell(text)} |\n" for name, text in OUTPUTS.items()]
    advanced = f"<details><summary>Advanced inputs</summary>\n\n{rest}\n</details>\n"
    return {
        "images": images_table(ROOT),
        "inputs": f"{first}\n{advanced}",
        "outputs": "".join(["| output | what it holds |\n|---|---|\n", *rows]),
    }


def _inputs_table(specs: Iterable[Input]) -> str:
    rows = [
        f"| `{spec.name}` | {_default(spec)} | {_cell(_with_choices(spec))} |\n" for spec in specs
    ]
    return "".join(["| input | default | what it does |\n|---|---|---|\n", *rows])


def _default(spec: Input) -> str:
    return f"`{spec.default}`" if spec.default else ""


def _with_choices(spec: Input) -> str:
    if not spec.choices:
        return spec.help
    return f"{spec.help} One of {', '.join(f'`{choice}`' for choice in spec.choices)}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def main() -> None:
    (ROOT / "action.yml").write_text(render_action())
    FAN_OUT.write_text(render_fan_out())
    REPORT_SCHEMA.write_text(render_report_schema())
    OUTPUTS_PAGE.write_text(render_outputs())
    readme = ROOT / "README.md"
    readme.write_text(render_readme(readme.read_text()))
    reference = ROOT / "docs" / "configuration.md"
    reference.write_text(render_configuration(reference.read_text()))
    page = ROOT / "docs" / "hub.md"
    page.write_text(render_hub_page(page.read_text()))


if __name__ == "__main__":
    main()
