"""This repository's images as image.yaml defines them, built where their own bases can't be had.

zinit, Docker's repository and releases on GitHub are replaced by the stand-ins of tests/standins,
through the named contexts that the Dockerfiles have for that; a Debian base takes the place of
Ubuntu's, which shows the Dockerfile and its units, and nothing about Ubuntu. BuildKit's cache makes
a second build take a second.
"""

from __future__ import annotations

import gzip
import shutil
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from tests.bed.engine import Engine
from tfimages_action.adapters.git.repository import GitRepository
from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.catalog.model import Catalog, Image

ROOT: Final = Path(__file__).parents[2]
REGISTRY: Final = "images.test.invalid"
"""No registry at all: the name under which children find their locally built parents."""
BASE: Final = f"{REGISTRY}/debian:trixie-slim"
_STANDINS: Final = ROOT / "tests/standins"
ZINIT: Final = {"zinit": _STANDINS / "zinit"}


@cache
def catalog() -> Catalog:
    """The images of this worktree."""
    options = CatalogOptions(registry=REGISTRY)
    return build_catalog(GitRepository(ROOT).worktree(), options)


def catalogued(name: str) -> Image:
    """Return one image of this repository as its image.yaml defines it."""
    image = catalog().find(name)
    assert image is not None, name
    return image


def build(
    engine: Engine,
    image: Image,
    *,
    contexts: Mapping[str, Path] | None = None,
    arguments: Mapping[str, str] | None = None,
    tag: str | None = None,
) -> str:
    """Build an image with the engine and return its tag; `contexts` and `arguments` replace."""
    name = tag or str(image.reference)
    flags = _flags(image, contexts or {}, arguments or {})
    engine.docker("build", "--quiet", f"--tag={name}", *flags, str(ROOT / image.context))
    return name


def build_archive(
    engine: Engine, image: Image, path: Path, *, arguments: Mapping[str, str] | None = None
) -> None:
    """Build a full VM and write its file system as a compressed tar."""
    flags = _flags(image, {}, arguments or {})
    _archive(engine, path, *flags, str(ROOT / image.context))


def small_machine(engine: Engine, path: Path, machine: str, overlayroot: str = "") -> None:
    """Write the archive of a machine that has `machine`'s kernel and initrd, and ends by itself."""
    flags = [f"--build-arg=MACHINE={machine}", f"--build-arg=OVERLAYROOT={overlayroot}"]
    _archive(engine, path, *flags, str(_STANDINS / "machine"))


def _archive(engine: Engine, path: Path, *build: str) -> None:
    plain = path.with_suffix(".plain")
    engine.docker("build", f"--output=type=tar,dest={plain}", *build)
    with plain.open("rb") as tar, gzip.open(path, "wb", compresslevel=1) as packed:
        shutil.copyfileobj(tar, packed, 1 << 20)
    plain.unlink()


def build_text(engine: Engine, dockerfile: str, tag: str, context: Path) -> None:
    """Build a Dockerfile that is in no file."""
    engine.docker(
        "build", "--quiet", f"--tag={tag}", "--file=-", str(context), stdin=dockerfile.encode()
    )


def deb_base(engine: Engine, tag: str = BASE) -> str:
    """Build deb-base on Debian trixie; returns its tag."""
    return build(engine, catalogued("debian:trixie-slim"), contexts=ZINIT, tag=tag)


def ubuntu_docker(engine: Engine, scratch: Path) -> str:
    """Build ubuntu-docker on Debian, with Debian's engine under Docker's names; returns its tag."""
    deb_base(engine, f"{REGISTRY}/ubuntu:22.04")
    repository = _export(engine, "docker-repository", scratch / "docker-repository", {})
    return build(engine, catalogued("ubuntu-docker"), contexts={"docker-repository": repository})


def release(engine: Engine, into: Path, *, packages: str, files: str, archive: str) -> Path:
    """Pack commands of Debian's packages as a release would be; returns the folder."""
    arguments = {"PACKAGES": packages, "FILES": files, "ARCHIVE": archive}
    return _export(engine, "debian-package", into, arguments)


def code_server(engine: Engine, into: Path) -> Path:
    """Make a package `code-server.deb` that reads code-server's flags; returns the folder."""
    return _export(engine, "code-server", into, {})


def hero_releases(into: Path) -> dict[str, Path]:
    """Pack stand-ins for what hero and hero-git download; returns their named contexts."""
    names = ("hero-release", "bun-release", "v-release", "herolib")
    contexts = {name: into / name for name in names}
    for folder in contexts.values():
        folder.mkdir(parents=True)
    shutil.copy(_STANDINS / "hero/hero", contexts["hero-release"])
    _zip(contexts["bun-release"] / "bun.zip", "bun-linux-x64-baseline/bun")
    _zip(contexts["v-release"] / "v.zip", "v/v")
    for path, text in (("cli/hero.v", "fn main() {}\n"), ("lib/core/core.v", "module core\n")):
        file = contexts["herolib"] / path
        file.parent.mkdir(parents=True)
        file.write_text(text)
    return contexts


def _zip(path: Path, member: str) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        packed.write(_STANDINS / "hero" / Path(member).name, member)


def _export(engine: Engine, standin: str, into: Path, arguments: Mapping[str, str]) -> Path:
    flags = [f"--build-arg={name}={value}" for name, value in arguments.items()]
    engine.docker("build", "--quiet", f"--output={into}", *flags, str(_STANDINS / standin))
    return into


def _flags(image: Image, contexts: Mapping[str, Path], arguments: Mapping[str, str]) -> list[str]:
    named = {given.name: ROOT / given.folder for given in image.contexts} | dict(contexts)
    args = dict(image.args) | dict(arguments)
    return [
        f"--file={ROOT / image.dockerfile}",
        *(f"--build-context={name}={path}" for name, path in named.items()),
        *(f"--build-arg={name}={value}" for name, value in args.items()),
        *([f"--target={image.target}"] if image.target else []),
    ]
