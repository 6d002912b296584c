"""Builds that lack a large file of Git LFS are refused by name before any build begins."""

import json
import uuid
from pathlib import Path

import pytest

from tests.bed import large_files
from tests.bed.engine import Engine
from tests.bed.kept import kept_images_removed
from tests.bed.scratch import ScratchRepository
from tests.integration.doors.refusals.conftest import InStep, Refused
from tfimages_action.doors import action, terminal

LACKING = "a can't be built: the Git LFS objects of images/a/model.bin are not at hand"


@pytest.fixture
def pointer(scratch: ScratchRepository) -> str:
    """The place of the object that a committed pointer stands for, below the repository."""
    oid = "ab" * 32
    scratch.write("images/a/Dockerfile", "FROM scratch\nCOPY model.bin /\n")
    scratch.write("images/a/model.bin", large_files.pointer(oid))
    scratch.write("images/b/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")
    scratch.write(".gitattributes", large_files.ATTRIBUTES)
    return f".git/lfs/{large_files.place(oid)}"


@pytest.mark.engine
def test_a_large_file_that_is_not_at_hand_ends_a_run_before_any_build(
    scratch: ScratchRepository,
    pointer: str,
    refused: Refused,
    tmp_path: Path,
    *,
    engine: Engine,
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = tmp_path / "report.json"
    here = ("--no-push", "--no-convert", "--report", str(report))
    for mode in ("publish", "preview"):
        said = refused(*here, "--mode", mode, command="publish")
        assert f"images/a/model.bin: {LACKING}" in said
        assert "lfs: true" in said
        assert json.loads(report.read_text())["images"] == []
    scratch.write(pointer, "large")
    namespace = uuid.uuid4().hex
    given = ["--repo", str(scratch.folder), "--registry", f"127.0.0.1:1/{namespace}", *here]
    with kept_images_removed(engine, namespace):
        assert terminal.run(["publish", *given]) == 0, capsys.readouterr()


@pytest.mark.parametrize("command", ["check", "boot"])
def test_a_large_file_that_is_not_at_hand_ends_a_try(
    pointer: str, refused: Refused, command: str
) -> None:
    assert pointer
    assert LACKING in refused("a", command=command)


def test_a_plan_shows_which_large_file_is_not_at_hand(
    scratch: ScratchRepository, pointer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    scratch.commit("one")
    plan = ["plan", "--repo", str(scratch.folder), "--registry", "127.0.0.1:1/me"]
    for lacking in (True, False):
        assert terminal.run(plan) == 0
        assert (LACKING in capsys.readouterr().out) is lacking
        scratch.write(pointer, "large")


def test_a_step_that_only_plans_says_which_large_file_is_not_at_hand(
    scratch: ScratchRepository,
    pointer: str,
    in_step: InStep,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scratch.commit("one", tag="v1")
    output = in_step(INPUT_MODE="plan", INPUT_PUSH="false")
    for lacking in (True, False):
        assert action.run() == 0
        said = capsys.readouterr().out
        assert (f"::error file=images/a/model.bin::{LACKING}" in said) is lacking
        assert (LACKING in output.read_text()) is lacking
        output.unlink()
        scratch.write(pointer, "large")
