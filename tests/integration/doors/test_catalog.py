"""`tfimages catalog` in its three forms, of the newest release, without asking anybody."""

import json
from pathlib import Path

import pytest

from tests.bed.scratch import ScratchRepository
from tfimages_action.doors import terminal


def test_offline_it_says_what_the_release_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scratch = ScratchRepository(tmp_path / "repository")
    scratch.write("images/a/Dockerfile", "FROM scratch\n")
    scratch.write("images/a/README.md", "# A\n\nSays a. And more.\n")
    scratch.commit("One", tag="v1")
    scratch.write("images/a/README.md", "# A\n\nNot released.\n")
    scratch.commit("Two")
    command = ["catalog", "--repo", str(scratch.folder), "--registry", "ghcr.io/o", "--offline"]
    pages = {}
    for form in ("md", "html", "json"):
        assert terminal.run([*command, "--format", form, "--title", "Ours"]) == 0
        pages[form] = capsys.readouterr().out
    assert pages["md"].startswith("# Ours\n")
    assert "<h1>Ours</h1>" in pages["html"]
    assert [entry["what"] for entry in json.loads(pages["json"])] == ["Says a."]


def test_what_no_release_makes_any_more_is_told_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scratch = ScratchRepository(tmp_path / "repository")
    variants = "variants: [{name: 'u:1', args: {V: '1'}}, {name: 'u:2', args: {V: '2'}}]"
    scratch.write("images/a/Dockerfile", "FROM scratch\n")
    scratch.write("images/b/Dockerfile", "ARG V\nFROM scratch\n")
    scratch.write("images/b/image.yaml", variants)
    scratch.write("images/old/Dockerfile", "FROM scratch\n")
    scratch.write("images/old/README.md", "# Old\n\nSays old.\n")
    scratch.commit("One", tag="v1")
    scratch.write("images/old/README.md", "# Old\n\nSaid its last.\n")
    scratch.commit("Two", tag="v2")
    scratch.remove("images/old")
    scratch.commit("Three", tag="v3")
    scratch.write("images/b/image.yaml", "variants: [{name: 'u:2', args: {V: '2'}}]")
    scratch.commit("Four", tag="v4")
    scratch.write("images/new/Dockerfile", "FROM scratch\n")
    scratch.commit("Five", tag="v5")

    def told(*more: str) -> list[tuple[str, str, str]]:
        command = ["catalog", "--repo", str(scratch.folder), "--registry", "ghcr.io/o"]
        assert terminal.run([*command, "--offline", "--json", *more]) == 0
        entries = json.loads(capsys.readouterr().out)
        return [(entry["name"], entry["what"], entry["retired"]) for entry in entries]

    assert told() == [
        ("a", "", ""),
        ("new", "", ""),
        ("u:2", "", ""),
        ("old", "Said its last.", "v3"),
        ("u:1", "", "v4"),
    ]
    assert told("--current", "v3")[-1] == ("old", "Said its last.", "v3")
    assert [name for name, *_ in told("--current", "v2")] == ["a", "old", "u:1", "u:2"]
