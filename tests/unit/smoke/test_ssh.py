"""What the client makes of a server that is slow to answer, and of a command's own exit code."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from tfimages_action import process
from tfimages_action.adapters.smoke import ssh
from tfimages_action.adapters.smoke.limit import Limit
from tfimages_action.errors import StageError
from tfimages_action.process import Completed, ProcessError

_TARGET = ssh.Target(host="127.0.0.1", port=22)
_KEY = ssh.Key(path=Path("owner"))


class _Client:
    """OpenSSH's client: fails with what it is given, one after the other, then answers."""

    def __init__(self, *failures: tuple[int, str]) -> None:
        self.failures = list(failures)

    def __call__(self, argv: Sequence[str], **_: object) -> Completed:
        if self.failures:
            code, line = self.failures.pop(0)
            raise ProcessError(line, argv=argv, code=code, tail=(line,))
        return Completed(stdout=b"active\n", stderr=b"")


def _limit(seconds: float = 30) -> Limit:
    return Limit(seconds, threading.Event())


def test_a_server_too_busy_to_greet_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "run", _Client((255, "timed out during banner exchange")))
    asked: list[None] = []

    def alive() -> None:
        asked.append(None)

    assert ssh.run_patiently(_TARGET, _KEY, "true", _limit(), alive=alive) == "active\n"
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ((255, "Permission denied (publickey)."), "refused the key"),
        ((3, "inactive"), "ended with 3"),
    ],
)
def test_an_answer_is_an_answer(
    monkeypatch: pytest.MonkeyPatch, failure: tuple[int, str], words: str
) -> None:
    monkeypatch.setattr(process, "run", _Client(failure))
    with pytest.raises(StageError, match=words):
        ssh.run_patiently(_TARGET, _KEY, "true", _limit(), alive=lambda: None)


def test_a_machine_that_ended_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "run", _Client((255, "Connection refused")))

    def ended() -> None:
        raise StageError("the container ended by itself")

    with pytest.raises(StageError, match="ended by itself"):
        ssh.run_patiently(_TARGET, _KEY, "true", _limit(), alive=ended)


@pytest.mark.parametrize("output", ["", "one\n", "one\ntwo", "\n\n"])
def test_a_commands_exit_code_comes_after_all_that_it_printed(output: str) -> None:
    done = ssh.executed(f"{output}\n7")
    assert (done.exit_code, done.output) == (7, output)


def test_a_command_line_keeps_its_words_apart() -> None:
    assert ssh.with_exit_code(["echo", "a b", "$HOME"]).startswith("echo 'a b' '$HOME' 2>&1;")
