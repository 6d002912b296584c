"""A BuildKit by its address: the engine's own, lent out on a socket.

buildx reaches a remote BuildKit by gRPC over a socket; an engine speaks the same gRPC after an
upgrade of `/grpc`. Between the two a relay is enough, so that a builder which sees none of the
engine's images is a real one.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.bed.engine import Engine

_UPGRADE: Final = (
    b"POST /grpc HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
)
_CHUNK: Final = 1 << 16


@contextmanager
def lent_buildkit(engine: Engine, folder: Path) -> Iterator[str]:
    """Yield the address of the engine's BuildKit, as buildx's remote driver takes it."""
    path = folder / "buildkitd.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=_accept, args=(listener, engine), daemon=True).start()
        yield f"unix://{path}"
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, engine: Engine) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(client, engine), daemon=True).start()


def _serve(client: socket.socket, engine: Engine) -> None:
    with client, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.connect(str(engine.socket))
        server.sendall(_UPGRADE)
        head = b""
        while b"\r\n\r\n" not in head:
            head += server.recv(1)
        back = threading.Thread(target=_copy, args=(server, client), daemon=True)
        back.start()
        _copy(client, server)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
