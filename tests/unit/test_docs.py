"""The documents hold: links lead somewhere, commands exist, quoted messages are in the code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from tfimages_action.core.config.read import read_image_yaml, read_images_yaml
from tfimages_action.doors import terminal
from tfimages_action.doors.inputs.table import INPUTS
from tfimages_action.errors import ExitCode

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?!https?:)([^)#\s]*)(?:#([\w-]+))?\)")
COMMAND = re.compile(r"(?:^|`|\$ )(?:\.venv/bin/)?tfimages ([^`\n]+)", re.MULTILINE)
YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MESSAGE = re.compile(r"\*\*`([^`]+)`\*\*")
END = {"|", ">", "&&", ";"}


def identified(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=identified)
def test_links_lead_somewhere(page: Path) -> None:
    for path, anchor in LINK.findall(page.read_text()):
        target = page.parent / path if path else page
        assert target.exists(), f"{path} of {page.name}"
        if anchor:
            titles = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            assert anchor in {_anchor(title) for title in titles}, anchor


@pytest.mark.parametrize("page", [*PAGES, ROOT / "docs/session.txt"], ids=identified)
def test_commands_exist_with_their_options(page: Path) -> None:
    for text in COMMAND.findall(page.read_text()):
        words = shlex.split(text.partition("#")[0])
        _expect_command(words, text)


@pytest.mark.parametrize("page", PAGES, ids=identified)
def test_no_merge_is_left_half_done(page: Path) -> None:
    assert not re.search(r"^(<{7}|={7}|>{7})( |$)", page.read_text(), re.MULTILINE)


def test_every_command_is_told_of() -> None:
    told = (ROOT / "docs/terminal.md").read_text()
    for name in terminal.app.list_commands(click.Context(terminal.app)):
        assert f"`tfimages {name}" in told, name


def test_the_exit_codes_are_those_that_are_told() -> None:
    section = (ROOT / "README.md").read_text().partition("## Exit codes\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([\d, ]+) \|", section, re.MULTILINE)
    assert [int(code) for row in rows for code in row.split(", ")] == [*ExitCode]
    lost = [ExitCode(code).name.removesuffix("_LOST").lower() for code in (3, 4, 5, 6)]
    assert "the {}, the {}, the {} or {} was lost".format(*lost) in section.lower()


def test_quoted_messages_are_in_the_code() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "tfimages_action").rglob("*.py"))
    # A long message is written as several strings, which Python joins.
    joined = re.sub(r'"\s*\n\s*f?"', "", code)
    quoted = MESSAGE.findall((ROOT / "docs/troubleshooting.md").read_text())
    assert len(quoted) > 10
    for message in quoted:
        assert message in joined, message


def test_a_cure_leads_to_pages_that_there_are_and_by_their_address() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "tfimages_action").rglob("*.py"))
    named = re.findall(r'"[^"\n]*\{PAGES\}/([\w.-]+)(?:#([\w-]+))?', code)
    assert len(named) > 1
    for page, anchor in named:
        titles = re.findall(r"^#+ (.+)$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
        assert not anchor or anchor in {_anchor(title) for title in titles}
    # Whoever reads the message has a repository of their own.
    assert re.findall(r'hint=f?"[^"\n]*(?<!\{PAGES\}/)docs/', code) == []


def yaml_blocks(page: str) -> list[str]:
    return YAML.findall((ROOT / page).read_text())


def test_examples_of_configuration_are_right() -> None:
    image, images = yaml_blocks("docs/configuration.md")
    assert read_image_yaml("image.yaml", image.encode()).value.variants
    assert read_images_yaml("images.yaml", images.encode()).value.exclude
    (machine,) = yaml_blocks("docs/vm.md")
    assert read_image_yaml("image.yaml", machine.encode()).value.checks.boot


@pytest.mark.parametrize("page", PAGES, ids=identified)
def test_steps_in_examples_have_inputs_that_exist(page: Path) -> None:
    known = {"threefoldtech/tf-images@v1": {spec.name for spec in INPUTS}}
    known["threefoldtech/tf-images/hub@v1"] = set(
        yaml.safe_load((ROOT / "hub/action.yml").read_text())["inputs"]
    )
    for block in YAML.findall(page.read_text()):
        for step in _steps(yaml.safe_load(block)):
            if str(step.get("uses", "")).startswith("threefoldtech/"):
                assert set(step.get("with", {})) <= known[step["uses"]], block


def _steps(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "uses" in node:
            yield node
        for inner in node.values():
            yield from _steps(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _steps(inner)


def _expect_command(words: list[str], text: str) -> None:
    command: click.Command = terminal.app
    while isinstance(command, click.Group) and words and not words[0].startswith(("-", "COMMAND")):
        found = [command.get_command(click.Context(command), name) for name in words[0].split("|")]
        assert all(found), text
        command, words = found[0] or command, words[1:]
        if words and words[0] == "...":
            return
    known = {"--help", "--version"}
    known |= {option for p in command.params for option in (*p.opts, *p.secondary_opts)}
    for word in words:
        if word in END:
            return
        if word.startswith("-") and len(word) > 1:
            assert word.partition("=")[0] in known, f"{word} in: tfimages {text}"


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-")
