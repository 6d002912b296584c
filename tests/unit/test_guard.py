"""The guard of the unit tests itself: what it forbids does raise."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Callable

import pytest

from tests.unit.conftest import ForbiddenInUnitTestsError


@pytest.mark.guarded
@pytest.mark.parametrize(
    "reach_out",
    [
        lambda: subprocess.run(["true"], check=False),
        lambda: os.system("true"),
        lambda: os.posix_spawn("/bin/true", ["true"], {}),
        socket.socket,
        lambda: socket.create_connection(("127.0.0.1", 9)),
        lambda: socket.getaddrinfo("example.org", 80),
    ],
    ids=["subprocess", "system", "spawn", "socket", "connect", "resolve"],
)
def test_process_or_socket_raises(reach_out: Callable[[], object]) -> None:
    with pytest.raises(ForbiddenInUnitTestsError):
        reach_out()


@pytest.mark.guarded
def test_no_broad_except_swallows_it() -> None:
    def careless() -> None:
        with contextlib.suppress(Exception):
            socket.socket()

    with pytest.raises(ForbiddenInUnitTestsError):
        careless()
