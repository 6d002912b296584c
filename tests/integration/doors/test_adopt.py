"""`tfimages adopt` on a repository that the bash script published."""

from pathlib import Path

import pytest

from tests.bed.scratch import ScratchRepository
from tfimages_action.doors import terminal


@pytest.fixture
def scratch(tmp_path: Path) -> ScratchRepository:
    repository = ScratchRepository(tmp_path / "repository")
    repository.write(
        "config.sh", f'REGISTRY=ghcr.io/o\nPARENTS="ubuntu:24.04"\nX=$(touch {tmp_path}/ran)\n'
    )
    repository.write("deb-base/Dockerfile", "ARG PARENT\nFROM ${PARENT}\n")
    repository.write("a/Dockerfile", "FROM scratch\n")
    repository.commit("One", tag="v1")
    repository.git("tag", "v2")
    repository.write("a/Dockerfile", "FROM scratch\nENV A=1\n")
    repository.commit("Two", tag="v3")
    return repository


def test_reads_replays_and_writes_only_when_told(
    scratch: ScratchRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["adopt", "--repo", str(scratch.folder)]
    assert terminal.run(command) == 0
    said = capsys.readouterr().out
    assert "X is not read" in said
    assert not (tmp_path / "ran").exists()
    assert "v1 (the first): the script builds nothing\n    missed a:" in said
    assert "v3 (after v2): the script builds a\n" in said
    assert "`git describe` named either" in said
    assert "stays    ghcr.io-o-ubuntu-24.04.flist" in said
    assert not (scratch.folder / "deb-base/image.yaml").exists()

    assert terminal.run([*command, "--write"]) == 0
    assert "Written: deb-base/image.yaml" in capsys.readouterr().out
    written = scratch.folder / "deb-base/image.yaml"
    written.write_text("# mine\n")
    assert terminal.run([*command, "--write"]) == 0
    assert written.read_text() == "# mine\n"


def test_without_the_script_there_is_nothing_to_adopt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scratch = ScratchRepository(tmp_path / "other")
    scratch.commit("One")
    assert terminal.run(["adopt", "--repo", str(scratch.folder)]) != 0
    assert "tfimages init" in capsys.readouterr().err
