"""A builder in a container, as docker/setup-buildx-action gives a job: a BuildKit of its own.

Its image is the caller's (`TFIMAGES_TEST_BUILDKIT`, say `moby/buildkit:buildx-stable-1`), or made
here of Debian, its runc, and a buildkitd that `make test-builder` compiles from BuildKit's source.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bed.bases import BASE
from tests.bed.engine import Engine, client

PROGRAMS: Final = Path(__file__).resolve().parents[2] / "build" / "buildkit"
# A host that is nobody: buildx tries to pull it first, and takes the engine's own after that.
_IMAGE: Final = "127.0.0.1:9/tfimages-buildkit"
_GIVEN: Final = "TFIMAGES_TEST_BUILDKIT"
_DOCKERFILE: Final = f"""\
FROM {BASE}
RUN apt-get update \\
 && apt-get install --yes --no-install-recommends ca-certificates runc \\
 && rm -rf /var/lib/apt/lists/*
COPY buildkitd buildctl /usr/bin/
ENTRYPOINT ["buildkitd"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerBuilder:
    """A running builder and the buildx configuration that knows it."""

    engine: Engine
    name: str
    config: Path
    """What `BUILDX_CONFIG` is to whoever made it; a step in a container never sees it."""

    @property
    def container(self) -> str:
        return f"buildx_buildkit_{self.name}0"

    @property
    def address(self) -> str:
        return f"docker-container://{self.container}"

    def commands(self) -> str:
        """What runs in it right now, a line each."""
        return self.engine.text("top", self.container, "-eo", "pid,args")

    def kill(self) -> None:
        self.engine.docker("kill", self.container)

    def start(self) -> None:
        """Start it again, and wait until it answers."""
        self.buildx("inspect", "--bootstrap", self.name)

    def buildx(self, *arguments: str) -> str:
        done = subprocess.run(
            [client(), "--host", self.engine.host, "buildx", *arguments],
            env={**os.environ, "BUILDX_CONFIG": str(self.config), "DOCKER_HOST": self.engine.host},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"buildx {' '.join(arguments)}:\n{done.stderr}")
        return done.stdout


def buildkit_image(engine: Engine) -> str:
    """Return the builder's image; raises `RuntimeError` where it can't be made."""
    given = os.environ.get(_GIVEN)
    if given:
        return given
    if not (PROGRAMS / "buildkitd").is_file():
        raise RuntimeError("there is no buildkitd here: run `make test-builder`")
    arguments = ("build", "--quiet", "--tag", _IMAGE, "--file", "-", str(PROGRAMS))
    engine.docker(*arguments, stdin=_DOCKERFILE.encode())
    return _IMAGE


@contextmanager
def container_builder(engine: Engine, image: str, config: Path) -> Iterator[ContainerBuilder]:
    """Make a builder; its container and its volume are gone afterwards.

    It shares the machine's network, for the registries of these tests listen on loopback alone.
    """
    name = f"tfimages-{secrets.token_hex(4)}"
    builder = ContainerBuilder(engine=engine, name=name, config=config)
    options = f"image={image},network=host"
    driver = ("--driver", "docker-container", "--driver-opt", options)
    try:
        builder.buildx("create", "--name", name, *driver, "--bootstrap")
        yield builder
    finally:
        builder.buildx("rm", "--force", name)
