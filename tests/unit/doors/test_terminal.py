"""The commands of the terminal: helped with examples, and looking without an engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import pygit2
import pytest

from tests.bed.revisions import catalog_of
from tests.unit.report.samples import image_run, report
from tfimages_action.core.checks import PortCheck
from tfimages_action.core.plan import Action
from tfimages_action.doors import terminal
from tfimages_action.doors.trying import plan_of_one
from tfimages_action.errors import SettingsError
from tfimages_action.report.outputs import report_json

FILES = {
    "images/base/Dockerfile": "FROM alpine\n",
    "images/base/image.yaml": "checks: {port: [1]}\n",
    "images/leaf/Dockerfile": "ARG REGISTRY\nFROM ${REGISTRY}/base\n",
    "images/leaf/image.yaml": "checks: {port: [2]}\n",
    "images/other/Dockerfile": "FROM alpine\n",
}
Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    repository = pygit2.init_repository(tmp_path)
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    repository.index.add_all()
    author = pygit2.Signature("a", "a@example.org", 0)
    tree = repository.index.write_tree()
    commit = repository.create_commit("HEAD", author, author, "one", tree, [])
    repository.create_reference("refs/tags/v1", commit)
    (tmp_path / "images/base/more").write_text("x")

    def run(*arguments: str, code: int = 0) -> str:
        place = ["--repo", str(tmp_path), "--registry", "ghcr.io/owner"]
        found = terminal.run([*arguments, *place])
        said = capsys.readouterr()
        assert found == code, said.err
        return said.out + said.err

    return run


def commands() -> list[str]:
    return terminal.app.list_commands(click.Context(terminal.app))


@pytest.mark.parametrize("name", commands())
def test_each_command_is_helped_with_examples(name: str) -> None:
    command = terminal.app.get_command(click.Context(terminal.app), name)
    assert command is not None
    text = command.get_help(click.Context(command, info_name=name))
    assert f"  tfimages {name}" in text
    assert command.get_short_help_str(200)


def test_explain_leads_to_the_file(run: Run) -> None:
    lines = run("explain", "leaf", "--worktree").splitlines()
    assert [line.strip("└─ ") for line in lines] == [
        "leaf  build: parent",
        "base  build: files",
        "added more since v1",
    ]
    data = json.loads(run("explain", "leaf", "--worktree", "--json"))
    assert data["below"][0]["name"] == "base"
    assert "tfimages plan" in run("explain", "lea", code=2)


def test_graph_in_its_forms(run: Run) -> None:
    assert run("graph").splitlines() == ["base  build", "  leaf  build", "other  build"]
    assert run("graph", "--format", "dot").startswith("digraph")
    assert run("graph", "--format", "mermaid").startswith("flowchart")
    assert json.loads(run("graph", "--json"))["parents"]["leaf"] == ["base"]


def test_plan_speaks_json(run: Run) -> None:
    assert json.loads(run("plan", "--json"))["current"] == "v1"


def test_report_shows_a_finished_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.json"
    file.write_text(report_json(report(image_run("ok"))))
    assert terminal.run(["report", str(file)]) == 0
    assert "1 published in 1 min 02 s" in capsys.readouterr().out
    assert terminal.run(["report", str(file), "--format", "markdown"]) == 0
    assert capsys.readouterr().out.startswith("## tf-images: v28")
    file.write_text("[]")
    assert terminal.run(["report", str(file)]) == 2


def test_one_image_is_built_with_its_ancestors_and_checked_alone() -> None:
    plan = plan_of_one(catalog_of(FILES), "leaf")
    built = {step.image.name: step for step in plan.steps if step.action is Action.BUILD}
    assert list(built) == ["base", "leaf"]
    assert built["base"].image.checks.checks == ()
    assert built["leaf"].image.checks.checks == (PortCheck(port=1), PortCheck(port=2))
    with pytest.raises(SettingsError, match="no image 'lea'"):
        plan_of_one(catalog_of(FILES), "lea")
