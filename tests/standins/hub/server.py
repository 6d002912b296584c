"""The server: HTTP/1.0, a thread a request, silent until an answer is whole."""

from __future__ import annotations

import io
import shutil
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, cast

from tests.standins.hub.faults import Fault, Faults
from tests.standins.hub.flists import Flists
from tests.standins.hub.multipart import spool_body
from tests.standins.hub.pull import Puller
from tests.standins.hub.replies import Reply, proxy_error
from tests.standins.hub.routes import Request, Routes
from tests.standins.hub.storage import Storage
from tests.standins.hub.tokens import Tokens
from tests.standins.hub.work import Workshop


class HubStandIn:
    """A running Hub. `calls` lists (method, path) of every request, in the order they came."""

    def __init__(
        self,
        data: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        delay_s: float = 0.0,
        window_s: float = 0.2,
        skew_s: int = 0,
        aliases: Mapping[str, str] | None = None,
        routes: Mapping[str, str] | None = None,
        authentication: bool = True,
        read_only: bool = False,
    ) -> None:
        self.faults = Faults()
        self.tokens = Tokens(aliases)
        self.storage = Storage(data, window_s=window_s, skew_s=skew_s)
        self.calls: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        """Of each call, by names in lower case."""
        self.skew_s = skew_s
        """How far the Hub's clock is ahead of ours."""
        self._closing = threading.Event()
        self._detached: list[threading.Thread] = []
        self.workshop = Workshop(
            self.storage,
            self.faults,
            Puller(routes),
            Flists(data / ".blocks"),
            delay_s=delay_s,
            closing=self._closing,
        )
        self.routes = Routes(
            self.storage,
            self.workshop,
            self.tokens,
            self.faults,
            authentication=authentication,
            read_only=read_only,
        )
        self._server = _Server((host, port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def set_skew(self, skew_s: int) -> None:
        self.skew_s = self.storage.skew_s = skew_s

    def detach(self, request: Request) -> None:
        """Go on with a request whose client has no answer to wait for."""

        def work() -> None:
            with request.body:
                self.routes.answer(request)

        worker = threading.Thread(target=work, daemon=True)
        self._detached.append(worker)
        worker.start()

    def settle(self) -> None:
        """Wait until all that went on without its client has ended."""
        for worker in self._detached:
            worker.join()


@contextmanager
def running_hub(data: Path, **options: object) -> Iterator[HubStandIn]:
    hub = HubStandIn(data, **options)  # type: ignore[arg-type]
    hub.start()
    try:
        yield hub
    finally:
        hub.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def __init__(self, address: tuple[str, int], hub: HubStandIn) -> None:
        super().__init__(address, _Handler)
        self.hub = hub

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "Werkzeug/2.2.2"
    sys_version = "Python/3.11"

    def handle_one(self) -> None:
        hub = self.server.hub
        hub.calls.append((self.command, self.path))
        headers = {name.lower(): value for name, value in self.headers.items()}
        hub.headers.append(headers)
        length = int(headers.get("content-length", 0))
        request = Request(
            method=self.command,
            target=self.path,
            headers=headers,
            body=cast("IO[bytes]", self.rfile),
            length=length,
        )
        if self.command == "POST" and self._unanswered(request):
            return
        reply = hub.routes.answer(request)
        if self.path.split("/")[-2:-1] == ["rename"] and hub.faults.take(Fault.RENAME_RESET):
            self._reset()
        elif self.command == "POST" and hub.faults.take(Fault.RESET):
            self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: 200\r\n\r\n{")
            self.wfile.flush()
            self._reset()
        else:
            self._send(reply)

    do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = do_INFO = do_OPTIONS = handle_one  # noqa: N815

    def date_time_string(self, timestamp: float | None = None) -> str:
        now = time.time() if timestamp is None else timestamp
        return formatdate(now + self.server.hub.skew_s, usegmt=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent: `calls` tells the tests what came."""

    def _unanswered(self, request: Request) -> bool:
        """A proxy's answer, or none, while the Hub goes on with the work."""
        faults = self.server.hub.faults
        for fault, status in ((Fault.PROXY_502, 502), (Fault.PROXY_504, 504)):
            if faults.take(fault):
                self._go_on(request)
                self._send(proxy_error(status))
                return True
        if faults.take(Fault.RESET_EARLY):
            self._go_on(request)
            self._reset()
            return True
        return False

    def _go_on(self, request: Request) -> None:
        whole = replace(request, body=spool_body(request.body, request.length))
        self.server.hub.detach(whole)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _send(self, reply: Reply) -> None:
        # Opened once: a name may be switched between a look at its size and the reading.
        with reply.file.open("rb") if reply.file else io.BytesIO(reply.body) as body:
            size = body.seek(0, io.SEEK_END)
            body.seek(0)
            self._send_head(reply, size)
            if self.command != "HEAD":
                with suppress(BrokenPipeError, ConnectionResetError):
                    shutil.copyfileobj(body, cast("IO[bytes]", self.wfile))

    def _send_head(self, reply: Reply, size: int) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(size))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if self.headers.get("Authorization"):
            self.send_header("Set-Cookie", "session=eyJhIjoxfQ; HttpOnly; Path=/")
        if reply.file:
            self.send_header("Last-Modified", self.date_time_string())
            self.send_header("Cache-Control", "no-cache")
        self.send_header("Connection", "close")
        self.end_headers()
