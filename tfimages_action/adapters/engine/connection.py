"""The Docker Engine through its SDK: reached, asked who it is, and every failure of it typed."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import docker
import requests
import urllib3
from docker.errors import APIError, DockerException

from tfimages_action.core.published import denial
from tfimages_action.core.reference import ImageReference
from tfimages_action.errors import EngineError, RefusedError, TfImagesError

_CONTAINERD: Final = "io.containerd.snapshotter.v1"
_VARIABLES: Final = frozenset({"DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"})
_DEFAULT_HOST: Final = "unix:///var/run/docker.sock"
_ANSWER_S: Final = 60
_PING_S: Final = 5
_STREAM_S: Final = 24 * 3600
_CURE: Final = (
    "start it (`sudo systemctl start docker`), let this user reach /var/run/docker.sock, "
    "or name another one with DOCKER_HOST"
)
_LOST: Final = (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError, OSError)


class EngineUnreachableError(RefusedError):
    """No engine answers before the run has begun: nothing was built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """Who answered."""

    version: str
    platform: str
    """Its own, as `linux/amd64`."""
    containerd_store: bool
    """Images are kept by containerd: several platforms, and manifests as a registry has them."""
    storage: str
    """The storage driver or snapshotter, for a person."""
    root: str
    """Folder of its images, on its own machine."""


class Connection:
    """An engine that answered once. Thread-safe: each call takes a connection of its own."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Reach the engine that `DOCKER_HOST` and its like name.

        Raises `EngineUnreachableError`, with the cure.
        """
        self.environment = {
            name: value for name, value in environment.items() if name in _VARIABLES
        }
        self._host = environment.get("DOCKER_HOST") or _DEFAULT_HOST
        try:
            _knock(self._host)
            self.api = self._client(_ANSWER_S)
            self._streaming = self._client(_STREAM_S)
            self._pinging = self._client(_PING_S)
            self._pinging.ping()
            self.info = _read_info(self.api.info())
        except (DockerException, *_LOST) as error:
            raise EngineUnreachableError(
                f"no Docker Engine answers at {self._host}: {error}", hint=_CURE
            ) from error

    @property
    def streaming(self) -> docker.APIClient:
        """The same engine for what may be silent for long: pushes, pulls, exports."""
        return self._streaming

    def alive(self) -> bool:
        """Whether it answers right now."""
        try:
            _knock(self._host)
            return bool(self._pinging.ping())
        except (DockerException, *_LOST):
            return False

    @property
    def is_local(self) -> bool:
        """Whether it runs on this very machine (or, for us in a container, on its host)."""
        return self.api.base_url.startswith(("http+docker://", "http+unix://", "unix://"))

    @contextmanager
    def transfer(self, reference: ImageReference) -> Iterator[None]:
        """As `asking`, for a push or pull: what the engine says then is its registry's word."""
        try:
            with self.asking(f"transfer {reference}"):
                yield
        except TfImagesError as error:
            if isinstance(error.__cause__, APIError):
                said = str(error.__cause__.explanation or error.__cause__)
                raise denial.explain(reference, None, said) from error
            raise

    @contextmanager
    def asking(self, what: str) -> Iterator[None]:
        """Turn the SDK's exceptions into ours; `what` completes "the engine did not ..."."""
        try:
            yield
        except APIError as error:
            raise TfImagesError(
                f"the engine did not {what}: {error.explanation or error}"
            ) from error
        except (DockerException, *_LOST) as error:
            raise self.lost(f"while it had to {what}: {error}") from error

    def lost(self, detail: str) -> EngineError:
        """The error for an engine that went away."""
        return EngineError(
            f"the Docker Engine went away {detail}",
            hint="its log says why (`journalctl -u docker`); start it and run again: "
            "what was published is not built twice",
        )

    def inspect(self, name: str) -> dict[str, Any] | None:
        """The engine's description of an image by name or id; `None` where it has none."""
        with self.asking(f"describe {name}"):
            try:
                found: dict[str, Any] = self.api.inspect_image(name)  # type: ignore[no-untyped-call]
            except docker.errors.NotFound:
                return None
        return found

    def runs(self, container: str) -> bool:
        """Whether a container of this name is running."""
        return not self.end_of(container)

    def end_of(self, container: str) -> str:
        """What became of a container, in words; empty while it runs."""
        with self.asking(f"describe container {container}"):
            try:
                state = self.api.inspect_container(container)["State"]
            except docker.errors.NotFound:
                return "its container is gone"
        if state["Running"]:
            return ""
        memory = ", out of memory" if state.get("OOMKilled") else ""
        return f"its container ended with {state.get('ExitCode')}{memory}"

    def forget(self, name: str) -> None:
        """Remove a name, and the image with its last one. Never raises: it is only tidying up."""
        with suppress(TfImagesError), self.asking(f"forget {name}"):
            self.api.remove_image(name, noprune=False)

    def remove_container(self, container: str) -> None:
        """Remove a container of ours, running or not. Never raises."""
        with suppress(TfImagesError), self.asking(f"remove container {container}"):
            self.api.remove_container(container, v=True, force=True)

    def close(self) -> None:
        """Close the connections."""
        for client in (self.api, self._streaming, self._pinging):
            client.close()

    def _client(self, timeout_s: int) -> docker.APIClient:
        return docker.DockerClient.from_env(
            environment=self.environment, timeout=timeout_s, max_pool_size=32
        ).api


def _knock(host: str) -> None:
    """Raise `OSError` where nobody listens: the SDK would leak its socket on that."""
    scheme, _, path = host.partition("://")
    if scheme == "unix":
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(_PING_S)
            probe.connect(path)


def _read_info(info: Mapping[str, Any]) -> EngineInfo:
    status = {pair[0]: pair[1] for pair in info.get("DriverStatus") or () if len(pair) == 2}  # noqa: PLR2004
    machine = {"x86_64": "amd64", "aarch64": "arm64"}
    architecture = str(info.get("Architecture", ""))
    return EngineInfo(
        version=str(info.get("ServerVersion", "")),
        platform=f"{info.get('OSType', 'linux')}/{machine.get(architecture, architecture)}",
        containerd_store=status.get("driver-type") == _CONTAINERD,
        storage=str(info.get("Driver", "")),
        root=str(info.get("DockerRootDir", "")),
    )
