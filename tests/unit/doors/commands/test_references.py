from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tfimages_action.doors.commands.references import references
from tfimages_action.doors.terminal import app


def _run(*arguments: str, given: bytes = b"") -> list[dict[str, Any]]:
    result = CliRunner().invoke(references, [*arguments, "--format", "json"], input=given)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


@pytest.fixture
def dockerfile(tmp_path: Path) -> Path:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM b:1 AS x\nFROM a\nCOPY --from=x / /\nFROM nothing AS y\nFROM x\n")
    return path


def test_a_line_per_file(dockerfile: Path) -> None:
    assert _run(str(dockerfile), str(dockerfile)) == 2 * [
        {
            "file": str(dockerfile),
            "references": ["docker.io/library/b:1"],
            "unresolved": [],
            "error": None,
        }
    ]


def test_paths_come_from_standard_input(dockerfile: Path) -> None:
    found = _run("-", given=f"{dockerfile}\n\n{dockerfile}\r\n/missing".encode())
    assert [bool(one["error"]) for one in found] == [False, False, True]


def test_what_is_unresolved_is_told(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("ARG BASE\nFROM ${BASE}\n")
    (found,) = _run(str(path))
    assert found["unresolved"] == ["${BASE}"]
    assert found["error"].startswith(f"{path}:2: ")


def test_a_doubt_is_an_error_here(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM a\nEXPOSE ${PORT}/tcp\n")
    (found,) = _run(str(path))
    assert found["references"] == ["docker.io/library/a:latest"]
    assert found["error"].startswith(f"{path}:2: EXPOSE")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 1000,
        bytes(range(256)) * 50,
        b"\xff\xfeF\0R\0O\0M\0",
        b"\x80\n" * 9,
        b"\xed\xa0\x80",
    ],
)
def test_no_bytes_make_it_crash(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(content)
    assert _run(str(path))[0]["error"]


def test_what_is_no_readable_file_is_an_error(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.truncate(1 << 40)
    given = b"\n".join(
        [os.fsencode(tmp_path), os.fsencode(pipe), os.fsencode(huge), b"a\0b", b"\xff"]
    )
    found = _run("-", given=given)
    assert all(one["error"] and not one["references"] for one in found)
    assert len(found) == 5


def test_what_a_file_holds_can_not_play_with_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a\nb\x1b[2J"
    path.write_bytes(b"\x1b]0;title\x07\x9b" + b"x" * 60_000)
    result = CliRunner().invoke(references, [str(path)])
    (line,) = result.output.splitlines()
    assert line.isprintable()
    assert len(line) < 1000
    (found,) = _run(str(path))
    assert found["file"] == str(path)
    assert "\x1b" not in found["error"].removeprefix(f"{path}:1: ")


def test_without_standard_input_there_are_no_paths(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    references.main(["-"], standalone_mode=False)
    assert capsys.readouterr().out == ""


def test_it_is_a_command_of_the_terminal(dockerfile: Path) -> None:
    result = CliRunner().invoke(app, ["references", str(dockerfile), "/missing"])
    first, second = result.output.splitlines()
    assert first == f"{dockerfile}: docker.io/library/b:1"
    assert second.startswith("/missing: error: ")
