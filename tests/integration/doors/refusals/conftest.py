"""A repository to spoil, and a terminal and a step that are to refuse it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bed.scratch import ScratchRepository
from tfimages_action.doors import terminal

Refused = Callable[..., str]
"""Runs a command with these arguments, which is to refuse them; returns what it said."""
InStep = Callable[..., Path]
"""Sets the environment of a step on the pushed tag v1; returns the file of its outputs."""


@pytest.fixture
def scratch(tmp_path: Path) -> ScratchRepository:
    repository = ScratchRepository(tmp_path / "repository")
    repository.write("images/a/Dockerfile", "FROM scratch\n")
    return repository


@pytest.fixture
def refused(
    scratch: ScratchRepository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Refused:
    for name in ("TFHUB_TOKEN", "GITHUB_TOKEN", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, command: str = "plan") -> str:
        scratch.commit("one")
        given = ["--repo", str(scratch.folder), "--registry", "127.0.0.1:1/me", *arguments]
        code = terminal.run([command, *given])
        captured = capsys.readouterr()
        said = captured.out + captured.err
        assert code == 2, said
        assert "Traceback" not in said
        assert "->" in said, "no word on what to do"
        return said

    return run


@pytest.fixture
def in_step(scratch: ScratchRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InStep:
    def given(**variables: str) -> Path:
        output = tmp_path / "output"
        for name, value in {
            "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(scratch.folder),
            "GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1", "GITHUB_EVENT_NAME": "push",
            "GITHUB_OUTPUT": str(output), "RUNNER_TEMP": str(tmp_path),
            "INPUT_REGISTRY": "127.0.0.1:1/me", **variables,
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        return output

    return given
