"""GitHub's cache service, second version, as BuildKit's `type=gha` speaks to it.

Three calls (Twirp, JSON) hand out and close entries; their content goes to and comes from a blob
store with the part of Azure's API that uploads and ranged downloads take. After
github.com/tonistiigi/go-actions-cache, `cache_v2.go`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import jwt

from tests.bed.http import credential, send

_SERVICE: Final = "/twirp/github.actions.results.api.v1.CacheService/"
_LATEST: Final = re.compile(rb"<(?:Latest|Uncommitted|Committed)>([^<]+)</")
_RANGE: Final = re.compile(r"bytes=(\d+)-(\d*)")
_LIFE: Final = dt.timedelta(hours=1)


class ActionsCache:
    """One repository's entries, written once each."""

    def __init__(self, url: str) -> None:
        self.url = url
        now = dt.datetime.now(dt.UTC)
        scopes = [{"Scope": "refs/tags/v1", "Permission": 3}]
        claims = {
            "ac": json.dumps(scopes),
            "nbf": now - dt.timedelta(minutes=1),
            "exp": now + _LIFE,
        }
        self.token = jwt.encode(claims, secrets.token_hex(32))
        """The job's `ACTIONS_RUNTIME_TOKEN`."""
        self.refused = 0
        """Calls that did not bear it."""
        self.loaded: list[str] = []
        """The keys that were asked for and found."""
        self._entries: dict[str, str] = {}
        self._open: dict[str, str] = {}
        self._blobs: dict[str, bytes] = {}
        self._blocks: dict[tuple[str, str], bytes] = {}
        self._lock = threading.Lock()

    @property
    def environment(self) -> dict[str, str]:
        """What a runner tells a container action of it; the first version is switched off."""
        return {
            "ACTIONS_RUNTIME_TOKEN": self.token,
            "ACTIONS_RESULTS_URL": f"{self.url}/",
            "ACTIONS_CACHE_URL": "http://127.0.0.1:9/",
        }

    def entries(self) -> tuple[str, ...]:
        """The entries that were uploaded and closed."""
        with self._lock:
            return tuple(self._entries)

    def call(self, name: str, asked: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            match name:
                case "CreateCacheEntry":
                    if asked["key"] in self._entries or asked["key"] in self._open:
                        return {"ok": False, "message": "cache entry already exists"}
                    blob = self._open[asked["key"]] = secrets.token_hex(8)
                    return {"ok": True, "signed_upload_url": f"{self.url}/blobs/{blob}"}
                case "FinalizeCacheEntryUpload":
                    blob = self._open.pop(asked["key"])
                    if len(self._blobs[blob]) != int(asked["size_bytes"]):
                        return {"ok": False, "message": "another size"}
                    self._entries[asked["key"]] = blob
                    return {"ok": True, "entry_id": "1"}
                case _:
                    return self._find([asked["key"], *asked["restore_keys"]])

    def _find(self, wanted: list[str]) -> dict[str, Any]:
        for prefix in wanted:
            for key in reversed(self._entries):
                if key.startswith(prefix):
                    self.loaded.append(key)
                    url = f"{self.url}/blobs/{self._entries[key]}"
                    return {"ok": True, "signed_download_url": url, "matched_key": key}
        return {"ok": False}

    def put(self, blob: str, query: dict[str, list[str]], data: bytes) -> None:
        with self._lock:
            match query.get("comp", [""])[0]:
                case "block":
                    self._blocks[blob, query["blockid"][0]] = data
                case "blocklist":
                    names = [name.decode() for name in _LATEST.findall(data)]
                    self._blobs[blob] = b"".join(self._blocks[blob, name] for name in names)
                case _:
                    self._blobs[blob] = data

    def get(self, blob: str) -> bytes | None:
        with self._lock:
            return self._blobs.get(blob)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        cache, asked = self.server.cache, self._body()
        if credential(self, "bearer") != cache.token or not self.path.startswith(_SERVICE):
            cache.refused += 1
            send(self, 401, b"{}")
            return
        answer = cache.call(self.path.removeprefix(_SERVICE), json.loads(asked))
        send(self, 200, json.dumps(answer).encode())

    def do_PUT(self) -> None:
        parts = urlsplit(self.path)
        data = self._body()
        self.server.cache.put(parts.path.rpartition("/")[2], parse_qs(parts.query), data)
        send(self, 201, b"", headers={"x-ms-request-id": "1"})

    def do_GET(self) -> None:
        data = self.server.cache.get(urlsplit(self.path).path.rpartition("/")[2])
        if data is None:
            send(self, 404, b"")
            return
        hit = _RANGE.match(self.headers.get("x-ms-range") or self.headers.get("Range") or "")
        part = data[int(hit[1]) : int(hit[2]) + 1 if hit[2] else None] if hit else data
        send(self, 206 if hit else 200, part, kind="application/octet-stream")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        data = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return data

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    cache: ActionsCache


@contextmanager
def running_actions_cache() -> Iterator[ActionsCache]:
    """Serve an empty cache on loopback."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.cache = ActionsCache(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.cache
        finally:
            server.shutdown()
            thread.join()
