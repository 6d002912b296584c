"""Unit tests are hostile: any process or socket raises, wherever it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
import urllib3.util.connection  # noqa: F401 - opens a socket when it is first imported

_FORBIDDEN = frozenset(
    {
        "subprocess.Popen",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "pty.spawn",
        "socket.__new__",
        "socket.connect",
        "socket.getaddrinfo",
    }
)
# The layers are held by a command of import-linter; what a start loads shows in a new process.
_ALLOWED_FILES = frozenset({"test_layers.py", "test_startup.py"})


class ForbiddenInUnitTestsError(BaseException):
    """Not an `Exception`, so that no `except Exception` under test swallows it."""


class _Guard:
    """An audit hook stays for the life of the interpreter: this one can be closed and opened."""

    def __init__(self) -> None:
        self.closed = False
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.closed and event in _FORBIDDEN:
            what = f"{event} {arguments!r:.200}"
            self.seen.append(what)
            raise ForbiddenInUnitTestsError(what)


_GUARD = _Guard()


@pytest.fixture(autouse=True)
def _no_process_no_socket(request: pytest.FixtureRequest) -> Iterator[None]:
    _GUARD.closed = request.path.name not in _ALLOWED_FILES
    _GUARD.seen.clear()
    yield
    _GUARD.closed = False
    expected = request.node.get_closest_marker("guarded") is not None
    assert bool(_GUARD.seen) == expected, f"a unit test reached outside: {_GUARD.seen}"
