"""An HTTP server that answers by a script: for refusals that no real service gives on demand."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer; `reset` breaks the connection instead, and `silent` gives none at all."""

    code: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    reset: bool = False
    silent: bool = False


@dataclass(slots=True)
class ScriptedServer:
    """A running server; the script's last reply is given again and again."""

    host: str
    script: list[Reply]
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and `Authorization` of each request."""


@contextmanager
def scripted_server(script: Sequence[Reply]) -> Iterator[ScriptedServer]:
    """Serve the script on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            running.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
            reply = running.script.pop(0) if len(running.script) > 1 else running.script[0]
            if reply.silent:
                closing.wait()
            if reply.reset or reply.silent:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(reply.code)
            for name, value in reply.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)

        do_GET = do_HEAD = do_PUT = do_POST = _any  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A connection that the script broke is no news."""

    closing = threading.Event()
    with Server(("127.0.0.1", 0), Handler) as server:
        running = ScriptedServer(host=f"127.0.0.1:{server.server_port}", script=list(script))
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield running
        finally:
            closing.set()
            server.shutdown()
            thread.join()
