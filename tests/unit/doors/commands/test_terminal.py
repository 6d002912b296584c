"""The commands of the terminal: helped with examples, and looking without an engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pygit2
import pytest

from tests.bed.revisions import catalog_of
from tests.unit.report.samples import image_run, report
from tfimages_action.core.config.checks import PortCheck
from tfimages_action.core.plan.model import Action
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
        place = ["--repo", str(tmp_path)]
        place += [] if arguments[0] == "pin" else ["--registry", "ghcr.io/owner"]
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


@pytest.mark.parametrize("group", [(), ("flist",), ("hub",)])
def test_what_a_command_does_is_said_whole_in_the_list_of_commands(
    group: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run([*group, "--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:\n")[2].partition("\n\n")[0]
    lines = listed.splitlines()
    assert len(lines) > 5
    # What is cut short ends in dots; "and so on" may, too.
    assert [line for line in lines if line.endswith("...") and not line.endswith(", ...")] == []


def test_defaults_are_shown_and_a_command_says_what_an_input_means_to_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def helped(command: str) -> str:
        terminal.run([command, "--help"])
        return " ".join(capsys.readouterr().out.split())

    publish = helped("publish")
    for told in ("[default: images]", "[default: 3600]", "[default: push]", "[default: each]"):
        assert told in publish
    assert "github.actor" not in publish
    assert "event's" not in publish
    assert "Build this revision. Default: the worktree." in helped("check")
    assert "The release to show. Default: the newest." in helped("catalog")
    assert "[default: images]" not in helped("init")


@pytest.mark.parametrize("command", [("verify", "x"), ("hub", "show", "x"), ("hub", "ls")])
def test_whose_flist_is_meant_is_asked_before_a_token(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TFHUB_TOKEN", raising=False)
    assert terminal.run(command) == 2
    said = capsys.readouterr().err
    assert "nobody says whose flist is meant" in said
    assert "USER" in said
    assert "`TFHUB_TOKEN`" in said


def test_a_plan_says_that_its_tag_is_an_alias(run: Run, tmp_path: Path) -> None:
    repository = pygit2.Repository(str(tmp_path))
    repository.create_reference("refs/tags/v1.0", repository.head.target)
    assert "v1 abbreviates v1.0 on the same commit" in run("plan", "--current", "v1")
    assert "abbreviates" not in run("plan", "--current", "v1.0")


def test_explain_leads_to_the_file(run: Run) -> None:
    lines = run("explain", "leaf", "--worktree").splitlines()
    assert [line.strip("└─ ") for line in lines] == [
        "leaf  build: parent",
        "base  build: files",
        "added more since v1",
    ]
    data = json.loads(run("explain", "leaf", "--worktree", "--json"))
    assert data["below"][0]["name"] == "base"
    assert "perhaps 'leaf' was meant" in run("explain", "lea", code=2)


def test_what_explain_writes_into_a_pipe_is_not_wrapped(run: Run, tmp_path: Path) -> None:
    long = f"{'d' * 100}/{'e' * 100}"
    file = tmp_path / "images/base" / long
    file.parent.mkdir()
    file.write_text("x")
    assert f"added {long}" in run("explain", "base", "--worktree")


def test_a_worktree_may_be_compared_with_any_revision(run: Run, tmp_path: Path) -> None:
    repository = pygit2.Repository(tmp_path)
    author = pygit2.Signature("a", "a@example.org", 0)
    (tmp_path / "images/other/new").write_text("x")
    head = [repository.head.target]
    repository.index.read_tree(repository.head.peel().tree)
    repository.index.add("images/other/new")
    tree = repository.index.write_tree()
    commit = repository.create_commit("HEAD", author, author, "two", tree, head)
    repository.create_reference("refs/tags/v2", commit)

    def builds(*arguments: str) -> list[str]:
        steps = json.loads(run("plan", "--worktree", "--json", *arguments))["images"]
        return [step["name"] for step in steps if step["action"] == "build"]

    assert builds() == ["base", "leaf"]
    assert builds("--previous", "v1") == builds("--current", "v1") == ["base", "other", "leaf"]


def test_graph_in_its_forms(run: Run) -> None:
    assert run("graph").splitlines() == ["base  build", "  leaf  build", "other  build"]
    assert run("graph", "--format", "dot").startswith("digraph")
    assert run("graph", "--format", "mermaid").startswith("flowchart")
    assert json.loads(run("graph", "--json"))["parents"]["leaf"] == ["base"]


def all_commands(
    group: click.Group, *above: str
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from all_commands(command, *above, name)
        else:
            yield (*above, name), command


def test_whatever_prints_data_prints_it_as_json() -> None:
    """What a shell evaluates is the one exception."""
    without = [
        words
        for words, command in all_commands(terminal.app)
        if not any("--json" in parameter.opts for parameter in command.params)
    ]
    assert without == [("completion",)]


@pytest.mark.parametrize(
    "command",
    [
        ("plan",), ("plan", "--worktree"), ("graph",), ("explain", "leaf"), ("init", "--list"),
        ("catalog", "--offline"), ("adopt",), ("pin", "--list"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_with_json_nothing_else_is_on_standard_output(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    if command[0] == "adopt":
        (tmp_path / "config.sh").write_text("REGISTRY=ghcr.io/owner\n")
    assert json.loads(run(*command, "--json")) is not None


def test_a_file_per_line_is_json_per_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM alpine\n")
    assert terminal.run(["references", "--json", str(tmp_path / "Dockerfile"), "nowhere"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["references"] == ["docker.io/library/alpine:latest"]
    assert "can't be read" in second["error"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pan"], "there is no command 'pan': perhaps 'plan' was meant"),
        (["hub", "lnk"], "there is no command 'lnk': perhaps 'link' was meant"),
        (["flist", "dif"], "perhaps 'diff' was meant"),
        (["plan", "--regsitry", "x"], "Did you mean '--registry'?"),
        (["check"], "Missing argument 'IMAGE'"),
        (["plan", "--format", "xml"], "'xml' is not one of 'table', 'json'"),
        (["report", "nowhere.json"], "'nowhere.json' does not exist"),
        (["completion", "tcsh"], "'tcsh' is not one of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_slip_of_the_keyboard_is_told_in_the_form_of_every_error(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert terminal.run(words) == 2
    told = capsys.readouterr()
    assert not told.out
    happened, cure = told.err.splitlines()
    assert happened.startswith("error: ")
    assert said in happened
    assert cure.startswith("  -> `tfimages ")


def test_no_command_at_all_gets_the_list_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.run([]) == 2
    assert "publish" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_written_for_each_shell(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run(["completion", shell]) == 0
    assert f"_TFIMAGES_COMPLETE={shell}_complete" in capsys.readouterr().out


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("tfimages pu", {"publish"}),
        ("tfimages plan --wor", {"--worktree"}),
        ("tfimages hub cross", {"crosstag"}),
        ("tfimages completion z", {"zsh"}),
        ("tfimages explain --repo {here} l", {"leaf"}),
        ("tfimages explain --repo {here}/nowhere l", set()),
        ("tfimages plan --format=ta", {"table"}),
        ("tfimages explain --repo '{here}' 'l", {"leaf"}),
    ],
)
def test_words_are_completed(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    offered: set[str],
) -> None:
    typed = words.format(here=tmp_path)
    monkeypatch.setenv("_TFIMAGES_LINE", typed)
    monkeypatch.setenv("_TFIMAGES_BREAKS", "\"'><=;|&(:")
    monkeypatch.setenv("_TFIMAGES_COMPLETE", "bash_complete")
    with pytest.raises(SystemExit) as ended:
        terminal.run([])
    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.partition(",")[2] for line in lines if line} == offered


def test_report_shows_a_finished_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.json"
    file.write_text(report_json(report(image_run("ok"))))
    assert terminal.run(["report", str(file)]) == 0
    assert "1 published in 1 min 02 s" in capsys.readouterr().out
    assert terminal.run(["report", str(file), "--format", "markdown"]) == 0
    assert capsys.readouterr().out.startswith("## tf-images: v28")
    assert terminal.run(["report", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(file.read_text())
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
