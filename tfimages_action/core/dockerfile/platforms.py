"""Platforms as containerd reads them: `linux/arm64/v8` is `linux/arm64`, `aarch64` too."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

_OS: Final = re.compile(
    r"([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?", re.ASCII
)
_PART: Final = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_SYSTEMS: Final = re.compile(
    "aix|android|darwin|dragonfly|freebsd|hurd|illumos|ios|js|linux|nacl|netbsd|openbsd|plan9|"
    "solaris|windows|zos"
)
_ARCHITECTURES: Final = re.compile(
    "386|amd64|amd64p32|arm|armbe|arm64|arm64be|ppc64|ppc64le|loong64|mips|mipsle|mips64|mips64le|"
    "mips64p32|mips64p32le|ppc|riscv|riscv64|s390|s390x|sparc|sparc64|wasm"
)
_NAMES: Final = {
    "i386": ("386", ""),
    "x86_64": ("amd64", None),
    "x86-64": ("amd64", None),
    "aarch64": ("arm64", None),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
}
_VARIANTS: Final = {
    ("amd64", "v1"): "",
    ("arm64", "8"): "",
    ("arm64", "v8"): "",
    ("arm64", "v8.0"): "",
    ("arm64", "9"): "v9",
    ("arm64", "9.0"): "v9",
    ("arm64", "v9.0"): "v9",
    ("arm", ""): "v7",
    ("arm", "7"): "v7",
    ("arm", "5"): "v5",
    ("arm", "6"): "v6",
    ("arm", "8"): "v8",
}
_DEFAULT_OS: Final = "linux"
_DEFAULT_ARCHITECTURE: Final = "amd64"
_MOST_PARTS: Final = 3


class PlatformError(ValueError):
    """No platform."""


class Platform(NamedTuple):
    """One platform, normalised."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""

    def __str__(self) -> str:
        return "/".join([part for part in self[:3] if part])


@lru_cache(maxsize=256)
def parse_platform(text: str) -> Platform:
    """Read `os[/architecture[/variant]]`. Raises `PlatformError`."""
    first, *others = text.split("/")
    system = _OS.fullmatch(first)
    if not system or len(others) >= _MOST_PARTS or not all(map(_PART.fullmatch, others)):
        raise PlatformError(f"{text!r} is no platform")
    os = system.group(1).lower()
    os = "darwin" if os == "macos" else os
    if others:
        architecture, variant = _normalise(others[0], others[1] if others[1:] else "")
        if not others[1:] and (architecture, variant) == ("arm", "v7"):
            variant = ""
        if others[1:] and (architecture, variant) == ("arm64", ""):
            variant = "v8"
        return Platform(os, architecture, variant, system.group(2) or "")
    if _SYSTEMS.fullmatch(os):
        return Platform(os, _DEFAULT_ARCHITECTURE, "", system.group(2) or "")
    architecture, variant = _normalise(first, "")
    if not _ARCHITECTURES.fullmatch(architecture):
        raise PlatformError(f"{text!r}: unknown operating system or architecture")
    return Platform(_DEFAULT_OS, architecture, "" if variant == "v7" else variant)


def _normalise(architecture: str, variant: str) -> tuple[str, str]:
    architecture, variant = architecture.lower(), variant.lower()
    name, fixed = _NAMES.get(architecture, (architecture, None))
    variant = variant if fixed is None else fixed
    return name, _VARIANTS.get((name, variant), variant)


def builder_platform(text: str) -> Platform:
    """What a builder takes `--platform` for: `linux/arm` is v7. Raises `PlatformError`."""
    platform = parse_platform(text)
    architecture, variant = _normalise(platform.architecture, platform.variant)
    return platform._replace(architecture=architecture, variant=variant)


def platform_args(platform: Platform, build_platform: Platform, target: str) -> dict[str, str]:
    """The args that BuildKit sets by itself for FROM, and offers to stages that declare them."""
    return {
        "BUILDPLATFORM": str(build_platform),
        "BUILDOS": build_platform.os,
        "BUILDOSVERSION": build_platform.os_version,
        "BUILDARCH": build_platform.architecture,
        "BUILDVARIANT": build_platform.variant,
        "TARGETPLATFORM": str(platform),
        "TARGETOS": platform.os,
        "TARGETOSVERSION": platform.os_version,
        "TARGETARCH": platform.architecture,
        "TARGETVARIANT": platform.variant,
        "TARGETSTAGE": target or "default",
    }


_LINUX: Final = Platform("linux", "amd64")
PLATFORM_ARGS: Final = frozenset(platform_args(_LINUX, _LINUX, ""))
"""Names of the args that BuildKit sets by itself."""
