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
