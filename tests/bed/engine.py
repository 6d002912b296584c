"""Real Docker Engines: the machine's own, and a second one with the containerd image store.

`python -m tests.bed.engine` makes sure that the first one runs (the Makefile does so).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bed import pid_file

DEFAULT_SOCKET: Final = "unix:///var/run/docker.sock"
_DISTRIBUTION_CLIENT: Final = Path("/usr/bin/docker")
_PID_FILE: Final = Path("/var/run/docker.pid")
_CONTAINERD_PID_FILE: Final = Path("/run/docker/containerd/containerd.pid")
_START_S: Final = 60.0
_STOP_S: Final = 20.0
_BRIDGES: Final = 16


class EngineMissingError(RuntimeError):
    """No engine answers, and none could be started; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A running engine: where it listens and which image store it has."""

    host: str
    version: str
    containerd_store: bool
    pid: int | None = None
    """Of `dockerd`, where the bed started it."""

    @property
    def socket(self) -> Path:
        return Path(self.host.removeprefix("unix://"))

    def docker(
        self, *arguments: str, stdin: bytes | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the distribution's client against this engine; its output is captured."""
        done = subprocess.run(
            [client(), "--host", self.host, *arguments],
            input=stdin,
            capture_output=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise RuntimeError(
                f"docker {' '.join(arguments)} ended with {done.returncode}:\n"
                + done.stderr.decode(errors="replace")
            )
        return done

    def text(self, *arguments: str) -> str:
        return self.docker(*arguments).stdout.decode().strip()


def client() -> str:
    """Return the path of the distribution's client: one in /usr/local may not fit its buildx."""
    return str(_DISTRIBUTION_CLIENT) if _DISTRIBUTION_CLIENT.exists() else "docker"


def prefer_distribution_client() -> None:
    """Let `docker` mean the distribution's in this process and its children."""
    if _DISTRIBUTION_CLIENT.exists():
        os.environ["PATH"] = f"{_DISTRIBUTION_CLIENT.parent}:{os.environ['PATH']}"


def probe(host: str) -> Engine | None:
    """Ask the engine at `host` who it is; `None` when nothing answers."""
    asked = subprocess.run(
        [client(), "--host", host, "info", "--format", "{{json .}}"],
        capture_output=True,
        check=False,
    )
    info = json.loads(asked.stdout) if asked.stdout.strip() else {}
    if asked.returncode != 0 or not info.get("ServerVersion"):
        return None
    driver = dict(tuple(pair) for pair in info.get("DriverStatus") or ())
    return Engine(
        host=host,
        version=info["ServerVersion"],
        containerd_store=driver.get("driver-type") == "io.containerd.snapshotter.v1",
    )


def default_engine() -> Engine:
    """Return the machine's engine. Raises `EngineMissingError`: tests fail on it, never skip."""
    if shutil.which(client()) is None:
        raise EngineMissingError("no Docker client is installed: run `make setup`")
    host = os.environ.get("DOCKER_HOST", DEFAULT_SOCKET)
    found = probe(host)
    if found is None:
        raise EngineMissingError(f"no engine answers at {host}: run `make engine`")
    return found


def ensure_engine(log: Path) -> Engine:
    """Leave a running engine alone; start `dockerd` in the background where none runs."""
    with suppress(EngineMissingError):
        return default_engine()
    if shutil.which("dockerd") is None:
        raise EngineMissingError("dockerd is not installed: run `make setup`")
    _clear_the_way()
    command = [*_as_root(), "dockerd"]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    return _wait(DEFAULT_SOCKET, process, log)


def _clear_the_way() -> None:
    """Let an engine that is ending end, and remove what one that was killed left in the way."""
    if not pid_file.wait_for_end(_PID_FILE, "dockerd", _STOP_S):
        raise EngineMissingError(
            f"dockerd runs (its process is named in {_PID_FILE}) but does not answer at "
            f"{DEFAULT_SOCKET}: end it, or set DOCKER_HOST to where it listens"
        )
    left = [_PID_FILE] if _PID_FILE.exists() else []
    # A containerd that outlived its dockerd is taken over by the next one.
    if pid_file.owner(_CONTAINERD_PID_FILE, "containerd") is None:
        left.append(_CONTAINERD_PID_FILE)
    subprocess.run([*_as_root(), "rm", "--force", *map(str, left)], check=True)


@contextmanager
def second_engine(folder: Path | None = None) -> Iterator[Engine]:
    """Run an engine with the containerd image store beside the first one (needs root).

    It has its own roots, socket, containerd namespaces and bridge, and leaves the firewall alone,
    so its containers reach no outside network: builds on it need none. With `bridge: none` its
    start would delete the first engine's `docker0`.
    """
    bridge = _add_bridge()
    try:
        with tempfile.TemporaryDirectory(
            prefix="tfimages-engine-", dir=folder, ignore_cleanup_errors=True
        ) as home:
            process, engine = _start_second(Path(home), bridge)
            try:
                yield engine
            finally:
                _stop(process)
                # One that was killed leaves its own mount behind.
                data = f"{home}/data"
                subprocess.run(["umount", "--lazy", data], capture_output=True, check=False)
    finally:
        subprocess.run(["ip", "link", "delete", bridge], capture_output=True, check=False)


def _start_second(home: Path, bridge: str) -> tuple[subprocess.Popen[bytes], Engine]:
    host = f"unix://{home}/docker.sock"
    # Its random part may hold what no containerd namespace may.
    name = f"tfimages{home.name.encode().hex()[-16:]}"
    settings = {
        "features": {"containerd-snapshotter": True},
        "data-root": f"{home}/data",
        "exec-root": f"{home}/exec",
        "pidfile": f"{home}/docker.pid",
        "hosts": [host],
        "iptables": False,
        "ip6tables": False,
        "bridge": bridge,
        # Where a system-wide containerd runs, dockerd uses it: keep apart from the first engine.
        "containerd-namespace": name,
        "containerd-plugins-namespace": f"plugins.{name}",
    }
    config, log = home / "daemon.json", home / "log"
    config.write_text(json.dumps(settings))
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["dockerd", "--config-file", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        found = _wait(host, process, log)
    except EngineMissingError:
        _stop(process)
        raise
    return process, Engine(
        host=host,
        version=found.version,
        containerd_store=found.containerd_store,
        pid=process.pid,
    )


def _add_bridge() -> str:
    for number in range(_BRIDGES):
        name = f"tfbr{number}"
        added = subprocess.run(
            ["ip", "link", "add", name, "type", "bridge"], capture_output=True, check=False
        )
        if added.returncode == 0:
            return name
        if b"File exists" not in added.stderr:
            raise EngineMissingError(f"a bridge can't be made: {added.stderr.decode().strip()}")
    raise EngineMissingError("no free name for a bridge (tfbr0 ...): `ip link delete` old ones")


def _wait(host: str, process: subprocess.Popen[bytes], log: Path) -> Engine:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        found = probe(host)
        if found is not None:
            return found
        if process.poll() is not None:
            break
        time.sleep(0.25)
    raise EngineMissingError(f"dockerd does not start:\n{log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_S)
    if process.poll() is None:
        process.kill()
        process.wait()


def _as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo", "-n"]


if __name__ == "__main__":
    try:
        ready = ensure_engine(Path(sys.argv[1] if len(sys.argv) > 1 else "build/dockerd.log"))
    except EngineMissingError as missing:
        sys.exit(f"error: {missing}")
    store = "containerd" if ready.containerd_store else "classic"
    print(f"engine {ready.version} ({store} image store) at {ready.host}")
