"""Workflows and actions of this repository: by their schemas, by zizmor, and by our own rules."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tfimages_action.doors.starting import ACTION, WORKFLOW, starting_files

ROOT = Path(__file__).resolve().parents[3]
TOOLS = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
ACTIONS = [ROOT / "action.yml", ROOT / "hub" / "action.yml"]
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
SECRETIVE = {"preview.yaml", "ci.yaml"}
"""They run what strangers wrote."""


def call(*words: object) -> subprocess.CompletedProcess[str]:
    program, *arguments = map(str, words)
    return subprocess.run(
        [TOOLS / program, *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )


def read(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text())
    assert isinstance(content, dict)
    return content


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.github-actions", ACTIONS),
        ("vendor.dependabot", [ROOT / ".github" / "dependabot.yml"]),
    ],
)
def test_schemas(schema: str, files: list[Path]) -> None:
    assert files
    done = call("check-jsonschema", "--builtin-schema", schema, *files)
    assert done.returncode == 0, done.stdout


def test_zizmor_finds_nothing() -> None:
    done = call("zizmor", "--offline", "--no-progress", "--quiet", ".")
    assert done.returncode == 0, done.stdout


def test_zizmor_would_find_something(tmp_path: Path) -> None:
    workflow = tmp_path / ".github" / "workflows" / "bad.yaml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - run: echo ${{ github.event.pull_request.title }}\n"
    )
    assert call("zizmor", "--offline", "--no-progress", "--quiet", tmp_path).returncode != 0


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_job_has_just_its_permissions_and_an_end(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"], "a job says what it may do"
        assert job["timeout-minutes"] <= 350
        for step in job["steps"]:
            uses = step.get("uses", "./")
            assert uses == "./" or _PINNED.fullmatch(uses), uses


@pytest.mark.parametrize("name", sorted(SECRETIVE))
def test_what_runs_strangers_changes_has_no_secret(name: str) -> None:
    path = ROOT / ".github" / "workflows" / name
    assert "secrets." not in path.read_text()
    for job in read(path)["jobs"].values():
        assert job["permissions"]["contents"] == "read"
        assert set(job["permissions"].values()) == {"read"}
        assert set(job["permissions"]) <= {"contents", "actions"}


def test_a_release_s_step_finds_the_lines_that_it_rewrites() -> None:
    step = read(ROOT / ".github/workflows/release.yaml")["jobs"]["tags"]["steps"][1]["run"]
    pattern = re.search(r"s\|(.*?)\|", step)
    assert pattern is not None
    for action in ACTIONS:
        lines = [line for line in action.read_text().splitlines() if re.match(pattern[1], line)]
        assert len(lines) == 1, f"{action} has no line to move"


@pytest.mark.parametrize("folder", ["images", ".", "on"])
def test_what_init_writes_holds_too(folder: str, tmp_path: Path) -> None:
    expect_sound(starting_files(folder, "reg.example/me")[WORKFLOW], tmp_path)


def test_the_workflow_that_the_readme_shows_holds_too(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text()
    shown = re.search(r"```yaml\n(# \.github/workflows.*?)```", text, re.DOTALL)
    assert shown is not None
    expect_sound(shown[1], tmp_path)


def expect_sound(workflow: str, folder: Path) -> None:
    """By the schema and zizmor; but `v1` of this action is offered, which moves."""
    assert workflow.count(ACTION) == 1
    path = folder / WORKFLOW
    path.parent.mkdir(parents=True)
    path.write_text(workflow.replace(ACTION, f"{ACTION.partition('@')[0]}@{'a' * 40}"))
    schema = call("check-jsonschema", "--builtin-schema", "vendor.github-workflows", path)
    assert schema.returncode == 0, schema.stdout
    found = call("zizmor", "--offline", "--no-progress", "--quiet", folder)
    assert found.returncode == 0, found.stdout
