"""A real registry on loopback: Debian's `docker-registry`, real blobs, real digests."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from tests.bed.tokens import ISSUER, SERVICE, TokenServer

_START_S: Final = 15.0
_STOP_S: Final = 5.0
_ATTEMPTS: Final = 5

# Apache's combined format, as the registry's access log has it.
_ACCESS = re.compile(
    r'^\S+ \S+ \S+ \[[^\]]*\] "(?P<method>[A-Z]+) (?P<uri>\S+) [^"]*" (?P<status>\d{3}) '
)
_UPLOAD = re.compile(r"^/v2/(?P<repository>.+)/blobs/uploads/[^?]*\?.*\bdigest=(?P<digest>[^&]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One request that the registry answered."""

    method: str
    uri: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One blob that a client sent, whether or not the registry had it already."""

    repository: str
    digest: str
    size: int


class Registry:
    """A running registry; `host` is `127.0.0.1:PORT`, which engines trust without TLS."""

    def __init__(
        self, *, host: str, log: Path, data: Path, process: subprocess.Popen[bytes]
    ) -> None:
        self.host = host
        self.log = log
        self.data = data
        self._process = process

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def accesses(self) -> tuple[Access, ...]:
        """Every request so far, in the order in which they were answered."""
        found = (_ACCESS.match(line) for line in self.log.read_text().splitlines())
        return tuple(
            Access(method=hit["method"], uri=hit["uri"], status=int(hit["status"]))
            for hit in found
            if hit
        )

    def uploads(self, since: int = 0) -> tuple[Upload, ...]:
        """Every blob that was uploaded, from access number `since` on; mounts are none."""
        uploads = []
        for access in self.accesses()[since:]:
            hit = _UPLOAD.match(access.uri)
            if access.method == "PUT" and access.status == 201 and hit:
                digest = unquote(hit["digest"])
                uploads.append(
                    Upload(
                        repository=hit["repository"], digest=digest, size=self._blob_size(digest)
                    )
                )
        return tuple(uploads)

    def uploaded_bytes(self, since: int = 0) -> int:
        return sum(upload.size for upload in self.uploads(since))

    def stop(self) -> None:
        """End the process; calling it again does nothing. A test of a lost registry uses it."""
        if self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_S)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _blob_size(self, digest: str) -> int:
        algorithm, _, value = digest.partition(":")
        blobs = self.data / "docker/registry/v2/blobs"
        return (blobs / algorithm / value[:2] / value / "data").stat().st_size


@contextmanager
def running_registry(
    data: Path | None = None, *, address: str = "127.0.0.1", tokens: TokenServer | None = None
) -> Iterator[Registry]:
    """Start a registry on a free port of `address`; it is gone, data included, afterwards.

    `data` keeps the blobs where the caller says (and leaves them there). With `tokens` it lets in
    whom that server lets in; without, everyone.
    """
    if shutil.which("docker-registry") is None:
        raise RuntimeError("docker-registry is not installed: run `make setup`")
    with tempfile.TemporaryDirectory(prefix="tfimages-registry-") as folder:
        home = Path(folder)
        registry = _start(home, data or home / "data", address, tokens)
        try:
            yield registry
        finally:
            registry.stop()


def _start(home: Path, data: Path, address: str, tokens: TokenServer | None) -> Registry:
    # A free port may be taken between the look and the start: try again with another one.
    for _ in range(_ATTEMPTS):
        registry = _launch(home, data, f"{address}:{free_port(address)}", tokens)
        if _answers(registry):
            return registry
        registry.stop()
    raise RuntimeError(f"docker-registry does not start:\n{(home / 'log').read_text()[-2000:]}")


def _launch(home: Path, data: Path, host: str, tokens: TokenServer | None) -> Registry:
    config = home / "config.yml"
    config.write_text(
        f"""version: 0.1
log: {{level: warn, accesslog: {{disabled: false}}}}
storage:
  filesystem: {{rootdirectory: {data}}}
  delete: {{enabled: true}}
http: {{addr: "{host}"}}
"""
        + (_auth(tokens) if tokens else "")
    )
    log = home / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Registry(host=host, log=log, data=data, process=process)


def _auth(tokens: TokenServer) -> str:
    return f"""auth:
  token:
    realm: {tokens.realm}
    service: {SERVICE}
    issuer: {ISSUER}
    rootcertbundle: {tokens.certificate}
"""


def _answers(registry: Registry) -> bool:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and registry._process.poll() is None:
        try:
            with urllib.request.urlopen(f"{registry.url}/v2/", timeout=2):
                return True
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code == 401  # it asks who we are: it answers
        except OSError:
            pass
        time.sleep(0.05)
    return False


def free_port(address: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
