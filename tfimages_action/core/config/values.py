"""What image.yaml and images.yaml say, as values. The JSON Schemas are generated from these.

Plain dataclasses, so that a repository without configuration never pays for pydantic, which
reads files into them (read.py). The docstring below a field is its description in the schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final

from tfimages_action.core.config.checks import BootCheck, CommandCheck, FileCheck, HttpCheck
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.config.limits import above, at_least, at_most, not_empty, such_that

DEFAULT_IGNORE: Final = ("README*",)
"""What no fingerprint looks at unless `ignore:` says otherwise."""

_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_STRICT: Final[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

Text = str
"""A scalar exactly as it stands in the file: `1.10` stays `1.10`, `no` stays `no`."""


def parse_size(text: str) -> int:
    """Bytes of `200MB`, `1.5 GB`, `200MiB` (powers of 1024) or `512`. Raises `ValueError`."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no size")
    number, unit, binary = match.groups()
    return int(float(number) * (1024 if binary else 1000) ** _POWERS[unit.lower()])


def is_size(text: str) -> bool:
    """Whether `parse_size` takes it."""
    return _SIZE.fullmatch(text.strip()) is not None


def is_platform(text: str) -> bool:
    """Whether it reads like `linux/amd64` or `linux/arm/v7`."""
    return re.fullmatch(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?", text) is not None


Size = Annotated[str, such_that(is_size)]
Platform = Annotated[str, such_that(is_platform)]
Port = Annotated[int, at_least(1), at_most(65535)]
Args = Mapping[str, Text]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """`checks.run:`: what the checked container needs."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    privileged: bool | None = None
    """Start it with all privileges (a Docker daemon inside needs them)."""
    tmpfs: tuple[str, ...] = ()
    """Folders of the container to keep in memory."""
    env: Args = field(default_factory=dict)
    """Environment of the container."""
    timeout: Annotated[float, above(0)] | None = None
    """Seconds that all checks of the image may take together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksConfig:
    """`checks:`: what an image proves before it is published; children prove it too."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    ssh: bool | None = None
    """Boot with a fresh key, log in, be refused without it; children inherit it."""
    command: tuple[CommandCheck, ...] = ()
    """Commands to run in the booted container, or over SSH on the booted full VM."""
    http: tuple[HttpCheck, ...] = ()
    """Pages that must answer."""
    port: tuple[Port, ...] = ()
    """TCP ports that must accept connections."""
    file: tuple[FileCheck, ...] = ()
    """Paths that must exist in the image, or must not."""
    size: Size | None = None
    """The uncompressed size allowed, as `200MB` or `1.5GB`; children don't inherit this one."""
    service: tuple[str, ...] = ()
    """zinit services that must run."""
    boot: BootCheck | None = None
    """Full VMs: boot under QEMU and log in over SSH."""
    run: RunConfig = RunConfig()
    """What the checked container needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantConfig:
    """One of several images made from the same folder."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    name: str
    """What it is published as, below the registry: `ubuntu:24.04`; without a colon `:latest`."""
    args: Args = field(default_factory=dict)
    """Build args of this variant; they win over the image's."""
    platforms: tuple[Platform, ...] | None = None
    """Replaces the image's `platforms`."""
    target: str | None = None
    """Replaces the image's `target`."""
    flist: str | None = None
    """Stable flist name, where the usual one won't do."""
    checks: ChecksConfig = ChecksConfig()
    """What this variant proves beside the image's `checks`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageYaml:
    """`image.yaml`, beside a Dockerfile. Every key is optional."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    variants: Annotated[tuple[VariantConfig, ...], not_empty()] | None = None
    """The images that this folder makes, where it makes more than one."""
    args: Args = field(default_factory=dict)
    """Build args; one counts only if the Dockerfile declares it."""
    platforms: tuple[Platform, ...] | None = None
    """Platforms to build for, as `linux/amd64`; the builder's own by default."""
    kind: Kind = Kind.CONTAINER
    """`vm`: the result is a root filesystem with its own kernel."""
    target: str | None = None
    """The stage to build; the last one by default."""
    dockerfile: str | None = None
    """The Dockerfile's path in this folder; `Dockerfile` or `dockerfile` by default."""
    context: str | None = None
    """The folder sent to the build, from the repository's root; this folder by default."""
    contexts: Mapping[str, str] = field(default_factory=dict)
    """More folders of the repository, by the name that `COPY --from=NAME` gives them."""
    ignore: tuple[str, ...] | None = None
    """Files whose changes rebuild nothing: globs on base names, or on paths, like `docs/` (all of
    it) or `etc/*.md`."""
    flist: str | None = None
    """Stable flist name, where the usual one won't do."""
    checks: ChecksConfig = ChecksConfig()
    """What the image proves before it is published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """`defaults:` in images.yaml; an image.yaml that has the same key wins."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    platforms: tuple[Platform, ...] | None = None
    """Platforms of every image that names none."""
    ignore: tuple[str, ...] | None = None
    """Files whose changes rebuild nothing, for every image that names none."""
    checks: ChecksConfig = ChecksConfig()
    """Checks that every image must pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesYaml:
    """`images.yaml`, at the images' root. Every key is optional."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    args: Args = field(default_factory=dict)
    """Build args shared by all images; one reaches an image only if its Dockerfile declares it."""
    include: tuple[str, ...] = ()
    """Folders (globs) that are images although the rules would pass them over."""
    exclude: tuple[str, ...] = ()
    """Folders (globs) that are no images, with all below them."""
    defaults: Defaults = Defaults()
    """What holds for every image that does not say otherwise."""
