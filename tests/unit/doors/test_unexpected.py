"""An error that nobody foresaw: one masked line at each door, its traceback only when asked for."""

from __future__ import annotations

import errno
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tfimages_action.doors import action, terminal
from tfimages_action.doors.hub import actions as hub_actions
from tfimages_action.doors.hub.step import run_hub_step
from tfimages_action.doors.inputs import event
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.publishing import run as publishing
from tfimages_action.doors.publishing.run import Request, publish_run
from tfimages_action.errors import REPORT_AT, ExitCode

TOKEN = "a-token-that-nobody-may-see"


def broken(*_: object, **__: object) -> NoReturn:
    raise KeyError(f"header {TOKEN}")


def expect_told(said: str, *, debug: bool) -> None:
    assert "unexpected KeyError" in said
    assert REPORT_AT in said
    assert TOKEN not in said
    assert ("Traceback" in said) == debug


@pytest.mark.parametrize("debug", [False, True])
def test_a_run_that_breaks_is_still_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    monkeypatch.setattr(publishing, "_run", broken)
    monkeypatch.setattr(publishing, "_fitted", lambda request: request.settings)
    summary = tmp_path / "summary.md"
    found = Event(on_github=True, summary_file=summary, debug=debug)
    said: list[str] = []
    code = publish_run(Request(settings=Settings(hub_token=TOKEN), event=found), write=said.append)
    assert int(code) == 70
    expect_told("\n".join(said), debug=debug)
    assert any(line.startswith("::error") for line in said)
    expect_told(summary.read_text(), debug=False)


@pytest.mark.parametrize("debug", [False, True])
def test_a_step_that_breaks_before_its_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], debug: bool
) -> None:
    monkeypatch.setattr(event, "read_event", broken)
    monkeypatch.setattr(sys, "argv", ["entrypoint.py"])
    monkeypatch.setenv("INPUT_HUB-TOKEN", TOKEN)
    monkeypatch.setenv("RUNNER_DEBUG", str(int(debug)))
    with pytest.raises(SystemExit) as ended:
        action.main()
    assert ended.value.code == ExitCode.INTERNAL
    expect_told("".join(capsys.readouterr()), debug=debug)


@pytest.mark.parametrize("debug", [False, True])
def test_the_hub_step(monkeypatch: pytest.MonkeyPatch, debug: bool) -> None:
    monkeypatch.setattr(hub_actions, "_public_place", broken)
    environment: Mapping[str, str] = {
        "INPUT_ACTION": "readlink",
        "INPUT_NAME": "a.flist",
        "INPUT_HUB-TOKEN": TOKEN,
        "RUNNER_DEBUG": str(int(debug)),
    }
    said: list[str] = []
    assert run_hub_step(environment, write=said.append) == ExitCode.INTERNAL
    expect_told("\n".join(said), debug=debug)


def test_a_full_disk_is_no_bug_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device", "/var/tmp/layer")

    monkeypatch.setattr(hub_actions, "readlink", full)
    assert terminal.run(["hub", "readlink", "a.flist"]) == ExitCode.FAILED
    said = capsys.readouterr().err
    assert "no room left on the disk for /var/tmp/layer" in said
    assert "TMPDIR" in said
    assert REPORT_AT not in said


@pytest.mark.parametrize("options", [[], ["--debug"]])
def test_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[Any]
) -> None:
    monkeypatch.setattr(hub_actions, "readlink", broken)
    monkeypatch.setenv("TFHUB_TOKEN", TOKEN)
    assert terminal.run([*options, "hub", "readlink", "a.flist"]) == ExitCode.INTERNAL
    said = capsys.readouterr()
    assert said.out == ""
    expect_told(said.err, debug=bool(options))
