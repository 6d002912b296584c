"""The one door to subprocess, with real processes."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from tfimages_action import process
from tfimages_action.process import (
    ProcessError,
    ProcessMissingError,
    ProcessStoppedError,
    ProcessTimeoutError,
)

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
ORPHAN = (
    "import subprocess, sys, pathlib;"
    f"child = subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]);"
    "pathlib.Path(sys.argv[1]).write_text(str(child.pid))"
)


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def gone(pid: int) -> bool:
    """Wait a little: a killed process is not dead at once on a busy machine."""
    for _ in range(200):
        if not alive(pid):
            return True
        time.sleep(0.05)
    return False


def test_input_and_output_larger_than_any_pipe() -> None:
    data = os.urandom(3 << 20)
    copy = "import shutil, sys; shutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)"
    assert process.run(python(copy), stdin=data).stdout == data


def test_a_failure_has_code_and_last_lines() -> None:
    code = "import sys; [print(f'line {n}', file=sys.stderr) for n in range(30)]; sys.exit(3)"
    with pytest.raises(ProcessError, match="line 29") as caught:
        process.run(python(code))
    assert caught.value.code == 3
    assert caught.value.tail == tuple(f"line {n}" for n in range(10, 30))


def test_a_failure_is_told_by_its_last_words_whatever_bytes_they_are() -> None:
    code = r"import sys; sys.stderr.buffer.write(b'caf\xe9 is full\n\n \n'); sys.exit(1)"
    lines: list[str] = []
    with (
        pytest.raises(ProcessError, match=r"ended with 1: caf\ufffd is full$") as caught,
        process.start(python(code), on_stderr=lines.append) as child,
    ):
        child.wait()
    assert caught.value.tail == tuple(lines) == ("caf\ufffd is full", "", " ")


def test_a_missing_executable_is_an_ordinary_failure() -> None:
    with pytest.raises(ProcessMissingError, match="can't be started"):
        process.run(["/nowhere/at-all"])


def test_secrets_of_ours_do_not_reach_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INPUT_HUB-TOKEN", "planted")
    monkeypatch.setenv("ACTIONS_RUNTIME_TOKEN", "planted")
    seen = process.run(python("import os; print(dict(os.environ))")).stdout
    assert b"planted" not in seen


def test_a_time_limit_ends_one_that_ignores_the_polite_signal() -> None:
    with pytest.raises(ProcessTimeoutError):
        process.run(python(STUBBORN), timeout_s=0.3)


def test_a_time_limit_ends_what_a_dead_leader_left_behind(tmp_path: Path) -> None:
    # The orphan holds the pipes of its dead parent: waiting for their end alone would hang.
    pid_file = tmp_path / "pid"
    with pytest.raises(ProcessTimeoutError):
        process.run(python(ORPHAN, str(pid_file)), timeout_s=1)
    assert gone(int(pid_file.read_text()))


def test_a_stop_ends_the_command() -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    with pytest.raises(ProcessStoppedError):
        process.run(python("import time; time.sleep(60)"), stop=stop)


def test_a_command_never_outlives_its_block() -> None:
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with process.start(python(code)) as child:
        pid = int(child.stdout.readline())
        assert alive(pid)
    assert gone(pid)


def test_of_endless_messages_the_end_is_kept() -> None:
    code = "import sys; [print('x' * 1000, file=sys.stderr) for _ in range(3000)]; print('end')"
    stderr = process.run(python(code)).stderr
    assert 1_000_000 < len(stderr) <= 1 << 20


def test_lines_come_while_the_command_runs() -> None:
    code = "import sys, time; print('first', file=sys.stderr, flush=True); sys.stdin.read()"
    first = threading.Event()
    with process.start(python(code), on_stderr=lambda _: first.set()) as child:
        assert first.wait(20)
        child.stdin.close()
        child.wait()
