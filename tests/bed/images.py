"""This repository's images, built on Debian where their own bases can't be had.

zinit, Docker's repository and releases on GitHub are replaced by the stand-ins of tests/standins,
through the named contexts that the Dockerfiles have for that. BuildKit's cache makes a second
build take a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.bed.engine import Engine

ROOT: Final = Path(__file__).parents[2]
REGISTRY: Final = "images.test.invalid"
"""No registry at all: the name under which children find their locally built parents."""
BASE: Final = f"{REGISTRY}/debian:trixie-slim"
_STANDINS: Final = ROOT / "tests/standins"


def build(
    engine: Engine,
    folder: Path,
    tag: str,
    *,
    contexts: Mapping[str, Path] | None = None,
    arguments: Mapping[str, str] | None = None,
    dockerfile: str | None = None,
    target: str | None = None,
) -> str:
    """Build `folder` and return the image's id. `dockerfile` is its text, if not a file there."""
    flags = [f"--build-context={name}={path}" for name, path in (contexts or {}).items()]
    flags += [f"--build-arg={name}={value}" for name, value in (arguments or {}).items()]
    flags += ["--file=-"] if dockerfile is not None else []
    flags += [f"--target={target}"] if target else []
    stdin = dockerfile.encode() if dockerfile is not None else None
    engine.docker("build", "--quiet", f"--tag={tag}", *flags, str(folder), stdin=stdin)
    return engine.text("image", "inspect", "--format", "{{.Id}}", tag)


def export(engine: Engine, folder: Path, into: Path, arguments: Mapping[str, str]) -> Path:
    """Build `folder` and write its file system into a folder."""
    flags = [f"--build-arg={name}={value}" for name, value in arguments.items()]
    engine.docker("build", "--quiet", f"--output={into}", *flags, str(folder))
    return into


def deb_base(engine: Engine, tag: str = BASE) -> str:
    """Build deb-base on Debian trixie; returns its tag."""
    build(
        engine,
        ROOT / "images/deb-base",
        tag,
        contexts={"ssh": ROOT / "images/ssh", "zinit": _STANDINS / "zinit"},
        arguments={"PARENT": "debian:trixie-slim"},
    )
    return tag


def ubuntu_docker(engine: Engine, scratch: Path) -> str:
    """Build ubuntu-docker on Debian, with Debian's engine under Docker's names; returns its tag."""
    deb_base(engine, f"{REGISTRY}/ubuntu:22.04")
    repository = export(engine, _STANDINS / "docker-repository", scratch / "docker-repository", {})
    tag = f"{REGISTRY}/ubuntu-docker:latest"
    build(
        engine,
        ROOT / "images/ubuntu-docker",
        tag,
        contexts={"docker-repository": repository},
        arguments={"REGISTRY": REGISTRY},
    )
    return tag


def release(engine: Engine, into: Path, *, packages: str, files: str, archive: str) -> Path:
    """Pack commands of Debian's packages as a release would be; returns the folder."""
    arguments = {"PACKAGES": packages, "FILES": files, "ARCHIVE": archive}
    return export(engine, _STANDINS / "debian-package", into, arguments)
