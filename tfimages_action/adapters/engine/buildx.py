"""The buildx program and the builder that it drives.

The plug-in is started by itself, as its makers document, and not by way of the docker command:
then no other plug-in, alias or hook of a docker configuration can come between.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from tfimages_action import process
from tfimages_action.adapters.engine.private import PrivateHome
from tfimages_action.errors import BuilderError, RefusedError
from tfimages_action.process import ProcessError

_FOLDERS: Final = (
    "/usr/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/local/lib/docker/cli-plugins",
    "/opt/homebrew/lib/docker/cli-plugins",
    "/Applications/Docker.app/Contents/Resources/cli-plugins",
)
_NAME: Final = "docker-buildx"
_OLDEST: Final = (0, 13)
_VERSION: Final = re.compile(r"\bv?(\d+)\.(\d+)\.\d+")
_FIELD: Final = re.compile(r"^(\w[\w ]*?):\s*(.*?)\s*$", re.MULTILINE)
_ENDPOINT: Final = re.compile(r"^(tcp|unix|docker-container|kube-pod)://")
# What the docker-container driver calls the first (mostly the only) node of a builder.
_CONTAINER: Final = "buildx_buildkit_{}0"
_IN_CONTAINER: Final = "docker-container://"
_ANSWER_S: Final = 60.0
_OTHER_BUILDER: Final = (
    "name one that runs (`docker buildx ls`; in a job the output `name` of setup-buildx-action), "
    "or an address such as tcp://host:1234"
)


class DriverKind(StrEnum):
    """How buildx reaches BuildKit."""

    DOCKER = "docker"
    CONTAINER = "docker-container"
    KUBERNETES = "kubernetes"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuilderInfo:
    """The builder of this run."""

    name: str
    driver: DriverKind
    platforms: tuple[str, ...]
    address: str = ""
    """Where it is, if it was named so."""

    @property
    def container(self) -> str:
        """The container that it runs in, on the engine; empty where it runs elsewhere."""
        if self.driver is DriverKind.CONTAINER:
            return _CONTAINER.format(self.name)
        return _container_at(self.address)

    def lost(self, detail: str, end: str = "") -> BuilderError:
        """The error for a builder that went away; `end`: what became of its container.

        A second try may find it again, but for a container that has ended and is not buildx's own:
        nobody starts that.
        """
        where = f"`docker logs {self.container}`" if self.container else "the log of its BuildKit"
        return BuilderError(
            f"the builder {self.address or self.name} went away {detail}"
            + (f" ({end})" if end else ""),
            hint=f"{where} says why; start it and run again: what was published is not built twice",
            transient=not end or self.driver is DriverKind.CONTAINER,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildx:
    """A buildx that answered, and the builder it was told to use."""

    program: Path
    version: str
    builder: BuilderInfo
    environment: Mapping[str, str]

    def command(self, *arguments: str) -> tuple[str, ...]:
        """The argv of a subcommand."""
        return (str(self.program), *arguments)


def open_buildx(
    home: PrivateHome,
    *,
    engine: Mapping[str, str],
    builder: str = "",
    user_buildx: Path | None = None,
    runs: Callable[[str], bool] = lambda _container: False,
) -> Buildx:
    """Find buildx and the builder.

    `engine` holds the variables that name the engine. `builder` is empty for the engine's own, the
    name of one of the user's, or the address of a BuildKit (`tcp://host:1234`,
    `unix:///run/buildkit/buildkitd.sock`); `user_buildx` is the folder where the user's own buildx
    keeps its builders. Without it (a job's step sees no other step's files) a name stands for the
    container that buildx made for it, where `runs` says that the engine runs one of that name.
    Raises `RefusedError` with the cure.
    """
    program = _find_program()
    environment = {**process.child_environment(), **engine, **home.environment}
    name, address = builder, _address(builder, user_buildx, runs)
    if address:
        container = _container_at(address)
        if container and not runs(container):
            raise RefusedError(f"the engine runs no container {container}", hint=_OTHER_BUILDER)
        name = "tfimages"
        create = ("create", "--name", name, "--driver", "remote", address)
        _ask(program, environment, *create)
    elif builder and user_buildx is not None:
        environment["BUILDX_CONFIG"] = str(user_buildx)
    version = _version(program, environment)
    return Buildx(
        program=program,
        version=version,
        builder=replace(_inspect(program, environment, name), address=address),
        environment=environment,
    )


def _address(builder: str, user_buildx: Path | None, runs: Callable[[str], bool]) -> str:
    if _ENDPOINT.match(builder):
        return builder
    container = _CONTAINER.format(builder)
    known = user_buildx is not None or not builder
    return f"{_IN_CONTAINER}{container}" if not known and runs(container) else ""


def _container_at(address: str) -> str:
    # With options behind it, it may be another engine's.
    inside = address.startswith(_IN_CONTAINER) and "?" not in address
    return address.removeprefix(_IN_CONTAINER) if inside else ""


def _find_program() -> Path:
    for folder in _FOLDERS:
        candidate = Path(folder) / _NAME
        if os.access(candidate, os.X_OK):
            return candidate
    on_path = shutil.which(_NAME)
    if on_path:
        return Path(on_path)
    raise RefusedError(
        "buildx is not installed", hint="on Debian and Ubuntu: `apt-get install docker-buildx`"
    )


def _version(program: Path, environment: Mapping[str, str]) -> str:
    text = _ask(program, environment, "version").strip()
    hit = _VERSION.search(text)
    if hit and (int(hit[1]), int(hit[2])) < _OLDEST:
        wanted = ".".join(map(str, _OLDEST))
        raise RefusedError(
            f"{program} is too old: {text}", hint=f"install buildx {wanted} or later"
        )
    return hit[0] if hit else text


def _inspect(program: Path, environment: Mapping[str, str], name: str) -> BuilderInfo:
    text = _ask(program, environment, "inspect", "--bootstrap", *([name] if name else []))
    fields = dict(reversed(_FIELD.findall(text)))
    driver = fields.get("Driver", "")
    if driver not in set(DriverKind):
        raise RefusedError(f"builder {name or 'default'!r} has a driver we don't know: {driver!r}")
    platforms = fields.get("Platforms", "").replace("*", "").split(",")
    return BuilderInfo(
        name=name or fields.get("Name", "default"),
        driver=DriverKind(driver),
        platforms=tuple(platform.strip() for platform in platforms if platform.strip()),
    )


def _ask(program: Path, environment: Mapping[str, str], *arguments: str) -> str:
    command: Sequence[str] = (str(program), *arguments)
    try:
        return process.run(command, env=environment, timeout_s=_ANSWER_S).stdout.decode()
    except ProcessError as error:
        errors = [line for line in error.tail if line.startswith("ERROR: ")]
        said = " ".join(errors[-1:] or error.tail) or error.message
        raise RefusedError(
            f"buildx can't use the builder: {said.removeprefix('ERROR: ')}", hint=_OTHER_BUILDER
        ) from error
