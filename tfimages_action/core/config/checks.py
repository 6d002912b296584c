"""What an image must prove before it is published; read from `checks:` in image.yaml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SshCheck:
    """Boot with a fresh key, log in, be refused without it; no host key in the image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCheck:
    """Run `argv` in the booted container; `output` must be contained in what it prints."""

    argv: tuple[str, ...]
    exit_code: int = 0
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCheck:
    """GET `path` on `port` answers with `status`, and its body contains `body`."""

    port: int
    path: str = "/"
    status: int = 200
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortCheck:
    """A TCP port accepts connections."""

    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCheck:
    """A path exists in the image (or must not); `mode` is octal as `chmod` takes it."""

    path: str
    absent: bool = False
    mode: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeCheck:
    """The image's uncompressed size is at most `max_bytes`."""

    max_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCheck:
    """zinit says that the service of this name runs (or, for a one-shot, succeeded)."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BootCheck:
    """A full VM boots under QEMU with its own kernel and lets its owner in over SSH."""

    services: tuple[str, ...] = ()
    """systemd units that must be active once logged in."""


Check = (
    SshCheck
    | CommandCheck
    | HttpCheck
    | PortCheck
    | FileCheck
    | SizeCheck
    | ServiceCheck
    | BootCheck
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """What the container of the checks needs (`checks.run:`), and how long it may take."""

    privileged: bool = False
    tmpfs: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    timeout_s: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPlan:
    """All checks of one image, its ancestors' first, without repetitions."""

    checks: tuple[Check, ...] = ()
    run: CheckRun = CheckRun()
