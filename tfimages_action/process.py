"""The only door to subprocess: argv lists, an allow-listed environment, typed failures.

A command runs in a process group of its own, so that a time limit or a stop ends all that it
started. Secrets go in by standard input, never by argv; what is echoed is the argv alone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from tfimages_action.errors import TfImagesError

_ALLOWED_ENV: Final = (
    "PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "DOCKER_API_VERSION",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip
_TAIL_LINES: Final = 20
_KEPT_STDERR: Final = 1 << 20
_GRACE_S: Final = 1.5
_TICK_S: Final = 0.1


class ProcessError(TfImagesError):
    """A command failed: `argv`, `code` (None: it could not be started) and its last lines."""

    def __init__(
        self, message: str, *, argv: Sequence[str], code: int | None, tail: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.argv = tuple(argv)
        self.code = code
        self.tail = tail


class ProcessMissingError(ProcessError):
    """The executable is not there."""


class ProcessTimeoutError(ProcessError):
    """The command ran into its time limit; its process group was ended."""


class ProcessStoppedError(ProcessError):
    """The run was told to stop; the command's process group was ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A command that ended with 0."""

    stdout: bytes
    stderr: bytes
    """Its last mebibyte."""


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a child process may see: an allow-list, then `extra`. Never inputs or tokens."""
    allowed = {name: os.environ[name] for name in _ALLOWED_ENV if name in os.environ}
    return {**allowed, **(extra or {})}


def run(
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout_s: float | None = None,
    stop: threading.Event | None = None,
    on_stderr: Callable[[str], None] | None = None,
) -> Completed:
    """Run a command to its end and return what it printed.

    `on_stderr` gets each line of standard error as it comes. Raises `ProcessMissingError`,
    `ProcessTimeoutError`, `ProcessStoppedError`, or `ProcessError` for a non-zero code.
    """
    with start(
        argv, env=env, cwd=cwd, timeout_s=timeout_s, stop=stop, on_stderr=on_stderr
    ) as child:
        feeder = threading.Thread(target=_feed, args=(child.stdin, stdin), daemon=True)
        feeder.start()
        stdout = child.stdout.read()
        feeder.join()
        child.wait()
    return Completed(stdout=stdout, stderr=child.stderr_bytes())


class Child:
    """A running command with binary pipes; use through `start`."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        argv: Sequence[str],
        on_stderr: Callable[[str], None] | None,
    ) -> None:
        assert process.stdin is not None  # noqa: S101 - Popen was given three pipes
        assert process.stdout is not None  # noqa: S101
        self.stdin: IO[bytes] = process.stdin
        self.stdout: IO[bytes] = process.stdout
        self._process = process
        self._argv = tuple(argv)
        self._ended_by: type[ProcessError] | None = None
        self._stderr: deque[bytes] = deque()
        self._stderr_size = 0
        self._reader = threading.Thread(target=self._read_stderr, args=(on_stderr,), daemon=True)
        self._reader.start()

    def stderr_bytes(self) -> bytes:
        return b"".join(self._stderr)

    def running(self) -> bool:
        return self._process.poll() is None

    def end(self, reason: type[ProcessError]) -> None:
        """End the whole process group: politely, then for certain.

        The kill comes even when the leader obeyed: what it started may not have, and would keep
        our pipes open.
        """
        self._ended_by = reason
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_S)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """Close our ends of the pipes."""
        for pipe in (self.stdin, self.stdout):
            with suppress(OSError):
                pipe.close()
        self._reader.join(_GRACE_S)

    def _signal(self, how: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, how)

    def wait(self) -> None:
        """Wait for the end. Raises unless the command ended with 0 of its own accord."""
        code = self._process.wait()
        self._reader.join(_GRACE_S)
        if code == 0 and self._ended_by is None:
            return
        tail = tuple(self.stderr_bytes().decode(errors="replace").splitlines()[-_TAIL_LINES:])
        kind = self._ended_by or ProcessError
        raise kind(
            _failure_text(kind, self._argv, code, tail), argv=self._argv, code=code, tail=tail
        )

    def _read_stderr(self, on_stderr: Callable[[str], None] | None) -> None:
        assert self._process.stderr is not None  # noqa: S101
        with self._process.stderr as lines:
            for line in lines:
                self._keep(line)
                if on_stderr:
                    on_stderr(line.decode(errors="replace").rstrip("\r\n"))

    def _keep(self, line: bytes) -> None:
        self._stderr.append(line)
        self._stderr_size += len(line)
        while self._stderr_size > _KEPT_STDERR and len(self._stderr) > 1:
            self._stderr_size -= len(self._stderr.popleft())


@contextmanager
def start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout_s: float | None = None,
    stop: threading.Event | None = None,
    on_stderr: Callable[[str], None] | None = None,
) -> Iterator[Child]:
    """Start a command and hand out its pipes; it never outlives the `with` block."""
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=child_environment() if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    except OSError as error:
        raise ProcessMissingError(
            f"{argv[0]} can't be started: {error.strerror}", argv=argv, code=None
        ) from error
    child = Child(process, argv, on_stderr)
    done = threading.Event()
    guard = threading.Thread(target=_guard, args=(child, done, timeout_s, stop), daemon=True)
    guard.start()
    try:
        yield child
    finally:
        done.set()
        guard.join()
        if child.running():
            child.end(ProcessStoppedError)
        child.close()


def _guard(
    child: Child, done: threading.Event, timeout_s: float | None, stop: threading.Event | None
) -> None:
    """End the group at the time limit or the stop, until the `with` block is left.

    It watches on after the leader has ended: a process that the leader left behind holds our pipes.
    """
    limit = None if timeout_s is None else time.monotonic() + timeout_s
    while not done.wait(_TICK_S):
        if stop is not None and stop.is_set():
            return child.end(ProcessStoppedError)
        if limit is not None and time.monotonic() >= limit:
            return child.end(ProcessTimeoutError)
    return None


def _feed(pipe: IO[bytes], data: bytes) -> None:
    # A command that ends without reading its input is no error of ours: its exit code speaks.
    with suppress(BrokenPipeError, OSError):
        pipe.write(data)
        pipe.close()


def _failure_text(
    kind: type[ProcessError], argv: tuple[str, ...], code: int, tail: tuple[str, ...]
) -> str:
    what = " ".join(argv[:3])
    if kind is ProcessTimeoutError:
        return f"`{what} ...` ran into its time limit"
    if kind is ProcessStoppedError:
        return f"`{what} ...` was stopped"
    last = next((line for line in reversed(tail) if line.strip()), "no message")
    return f"`{what} ...` ended with {code}: {last}"
