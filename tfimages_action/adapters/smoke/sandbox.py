"""One container of one check: created, started, looked into, and removed whatever happens."""

from __future__ import annotations

import io
import posixpath
import stat
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import docker
from docker.errors import APIError, DockerException, NotFound

from tfimages_action.adapters.smoke.limit import Limit
from tfimages_action.adapters.smoke.place import Place
from tfimages_action.core.config.checks import CheckRun
from tfimages_action.errors import StageError

if TYPE_CHECKING:
    from docker.models.containers import Container

_LOG_LINES: Final = 20
_GOING: Final = (404, 409)
"""What the engine says of a container that is gone, or being removed by someone else."""
_GONE_S: Final = 2
_MAX_LISTING: Final = 1 << 20
# Go's os.FileMode keeps these three elsewhere than stat(2) does.
_GO_BITS: Final = ((1 << 23, stat.S_ISUID), (1 << 22, stat.S_ISGID), (1 << 20, stat.S_ISVTX))


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """A command that ran in the container."""

    exit_code: int
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStat:
    """What the engine says of a path: permission bits, and where a symbolic link leads."""

    mode: int
    link_target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to run: an image (by id), what it needs, and which ports we want to reach."""

    image: str
    run: CheckRun
    ports: tuple[int, ...]
    labels: Mapping[str, str]
    environment: Mapping[str, str]
    devices: tuple[str, ...] = ()
    security: tuple[str, ...] = ()
    """The engine's security options, such as `seccomp=unconfined`."""


class Sandbox:
    """A container of a check; use through `sandbox`."""

    def __init__(self, container: Container, place: Place) -> None:
        self._container = container
        self._place = place

    def start(self) -> None:
        """Boot it, as its image's configuration says."""
        self._container.start()

    def address(self, port: int) -> tuple[str, int]:
        """Return host and port under which a wanted port is reached. Raises when it has ended."""
        self.demand_running()
        settings = self._container.attrs["NetworkSettings"]
        if self._place.network:
            return settings["Networks"][self._place.network]["IPAddress"], port
        binding = settings["Ports"][f"{port}/tcp"][0]
        return "127.0.0.1", int(binding["HostPort"])

    def execute(self, argv: tuple[str, ...]) -> Executed:
        """Run a command in the booted container, to its end or to the container's."""
        try:
            code, output = self._container.exec_run(list(argv), stream=False, demux=False)
        except APIError as error:
            self.demand_running()
            raise StageError(f"`{' '.join(argv)}` can't be run: {error.explanation}") from error
        return Executed(exit_code=int(code or 0), output=_text(output))

    def stat(self, path: str) -> FileStat | None:
        """Look at a path without starting anything; `None` where there is nothing."""
        try:
            stream, found = self._container.get_archive(path)
        except NotFound:
            return None
        stream.close()  # type: ignore[attr-defined]  # a generator: the rest is never sent
        mode = int(found["mode"]) if found else 0
        bits = stat.S_IMODE(mode & 0o777)
        for go_bit, unix_bit in _GO_BITS:
            bits |= unix_bit if mode & go_bit else 0
        return FileStat(mode=bits, link_target=str((found or {}).get("linkTarget") or ""))

    def stat_followed(self, path: str) -> FileStat | None:
        """Look at what a path leads to in the end."""
        for _ in range(8):
            found = self.stat(path)
            if found is None or not found.link_target:
                return found
            path = posixpath.join(posixpath.dirname(path), found.link_target)
        return None

    def names(self, folder: str) -> tuple[str, ...]:
        """List the files below a small folder, without starting anything."""
        try:
            stream, _ = self._container.get_archive(folder)
        except NotFound:
            return ()
        data = bytearray()
        for chunk in stream:
            data += chunk
            if len(data) > _MAX_LISTING:
                raise StageError(f"{folder} holds more than a megabyte: it can't be looked through")
        with tarfile.open(fileobj=io.BytesIO(bytes(data))) as archive:
            return tuple(archive.getnames())

    def put(self, folder: str, archive: IO[bytes] | bytes) -> None:
        """Unpack a tar (compressed or not) into a folder of the container, as `docker cp` does."""
        self._container.put_archive(folder, archive)

    def write_log(self, path: Path) -> None:
        """Keep everything that the container wrote."""
        with path.open("wb") as file:
            for chunk in self._container.logs(stream=True, follow=False):
                file.write(chunk)

    def log_lines(self, last: int | None = None) -> tuple[str, ...]:
        """Return the (last) lines that the container wrote; none when it can't be asked."""
        with suppress(DockerException):
            text = _text(self._container.logs(tail="all" if last is None else last))
            return tuple(line.rstrip() for line in text.splitlines())
        return ()

    def log_tail(self) -> tuple[str, ...]:
        """Return the last lines, for a report."""
        return self.log_lines(_LOG_LINES)

    def end(self) -> None:
        """Kill it: calls that wait for it come back."""
        with suppress(DockerException):
            self._container.kill()

    def remove(self) -> None:
        """Remove it with its anonymous volumes; being gone already is fine."""
        try:
            self._container.remove(v=True, force=True)
        except APIError as error:
            if error.status_code not in _GOING:
                raise
            # On its way out it still holds its image, which is to be removed next.
            with suppress(DockerException, OSError):
                self._container.wait(condition="removed", timeout=_GONE_S)

    def demand_running(self) -> None:
        """Raise `StageError` when it has ended."""
        self._container.reload()
        state = self._container.attrs["State"]
        if not state["Running"]:
            raise StageError(
                f"the container ended by itself with {state['ExitCode']}",
                hint="its entry point must stay in the foreground; its log is below",
            )


@contextmanager
def sandbox(
    client: docker.DockerClient, place: Place, wanted: Wanted, limit: Limit
) -> Iterator[Sandbox]:
    """Create a container (not started yet) and remove it at the end, however that comes."""
    run = wanted.run
    container = client.containers.create(
        wanted.image,
        command=_dummy_command(client, wanted.image),
        environment={**dict(run.env), **wanted.environment},
        labels=dict(wanted.labels),
        privileged=run.privileged,
        tmpfs=dict(_mount(text) for text in run.tmpfs),
        network=place.network,
        devices=list(wanted.devices),
        security_opt=list(wanted.security),
        ports={} if place.network else {f"{port}/tcp": ("127.0.0.1", 0) for port in wanted.ports},
    )
    box = Sandbox(container, place)
    try:
        with limit.guard(box.end):
            yield box
    finally:
        box.remove()


def _dummy_command(client: docker.DockerClient, image: str) -> list[str] | None:
    """The engine creates no container without a command, not even one that never starts."""
    config = client.images.get(image).attrs.get("Config") or {}
    return None if config.get("Entrypoint") or config.get("Cmd") else ["/none"]


def _text(output: object) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else ""


def _mount(text: str) -> tuple[str, str]:
    path, _, options = text.partition(":")
    return path, options
