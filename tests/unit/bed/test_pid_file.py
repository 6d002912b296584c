"""A pid file counts for as long as the program that wrote it runs, and no longer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.bed import pid_file

MYSELF = Path("/proc/self/comm").read_text().strip()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "docker.pid"
    path.write_text(str(os.getpid()))
    return path


def test_the_program_that_wrote_it_is_its_owner(file: Path) -> None:
    assert pid_file.owner(file, MYSELF) == os.getpid()
    assert not pid_file.wait_for_end(file, MYSELF, seconds=0)


def test_another_program_that_has_its_number_by_now_is_not(file: Path) -> None:
    assert pid_file.owner(file, "dockerd") is None
    assert pid_file.wait_for_end(file, "dockerd", seconds=0)


@pytest.mark.parametrize("text", ["", "none\n", "2147483646"])
def test_a_file_that_names_no_process_has_none(file: Path, text: str) -> None:
    file.write_text(text)
    assert pid_file.owner(file, MYSELF) is None


def test_a_file_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert pid_file.owner(tmp_path / "docker.pid", MYSELF) is None


def test_a_name_may_hold_what_ends_one() -> None:
    assert pid_file._name_and_state("7 (a) b (c) S 1 7") == ("a) b (c", "S")
