"""Logging in as an owner would, with OpenSSH's own client.

The system's client rather than a library: it is what owners use, it costs the action's image about
1 MB, and three more wheels (paramiko, bcrypt, invoke) would have to be kept current.
"""

from __future__ import annotations

import re
import shlex
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tfimages_action import process
from tfimages_action.adapters.smoke.limit import Limit
from tfimages_action.adapters.smoke.sandbox import Executed
from tfimages_action.errors import StageError

_CONNECT_S: Final = 5
_SETTLE_S: Final = 3.0
_SSH_FAILED: Final = 255
_DENIED: Final = re.compile(r"Permission denied \(([^)]*)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key pair of this check alone; `path` is the private half."""

    path: Path

    @property
    def public(self) -> str:
        """One line, as it stands in authorized_keys."""
        return self.path.with_suffix(".pub").read_text().strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An SSH server, as we reach it."""

    host: str
    port: int


class LoginRefusedError(StageError):
    """The server answered and did not let us in; `methods` are those that it still offers."""

    methods: tuple[str, ...] = ()


def make_key(folder: Path, name: str) -> Key:
    """Make a key pair in a folder that only we can read."""
    path = folder / name
    process.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)])
    return Key(path=path)


def run(target: Target, key: Key, command: str, limit: Limit) -> str:
    """Log in as root, run a command and return what it printed.

    Raises `LoginRefusedError`, `StageError` for a command that fails, or
    `ProcessError` while nobody answers.
    """
    try:
        done = process.run(
            [*_client(target, key), command],
            timeout_s=max(1.0, min(limit.remaining_s, 60)),
            stop=limit.stop,
        )
    except process.ProcessError as error:
        raise _explained(error, command) from error
    return done.stdout.decode(errors="replace")


def run_patiently(
    target: Target, key: Key, command: str, limit: Limit, *, alive: Callable[[], object]
) -> str:
    """Run a command as `run` does, and ask again while the server is too busy to answer."""
    while True:
        try:
            return run(target, key, command, limit)
        except process.ProcessMissingError:
            raise
        except process.ProcessError:
            alive()
        limit.pause(1, f"an answer over SSH on {target.host}:{target.port}")


def with_exit_code(argv: Sequence[str]) -> str:
    """A command line that ends its output by the exit code: from SSH alone it can't be told."""
    return f"{shlex.join(argv)} 2>&1; printf '\\n%s' $?"


def executed(printed: str) -> Executed:
    """Read what a line of `with_exit_code` printed."""
    output, _, code = printed.rpartition("\n")
    return Executed(exit_code=int(code), output=output)


def wait_for_login(
    target: Target,
    key: Key,
    limit: Limit,
    *,
    alive: Callable[[], object],
    settle_s: float = _SETTLE_S,
) -> None:
    """Wait until the server lets us in; a refusal may pass within `settle_s`, while it starts.

    `alive` is called in between and raises when there is nothing to wait for any more.
    """
    refused_since: float | None = None
    while True:
        try:
            run(target, key, "true", limit)
        except LoginRefusedError:
            refused_since = refused_since or limit.remaining_s
            if refused_since - limit.remaining_s >= settle_s:
                raise
        except process.ProcessMissingError as error:
            raise StageError(error.message, hint="install OpenSSH's client") from error
        except process.ProcessError:
            pass
        else:
            return
        alive()
        limit.pause(1, f"a login over SSH on {target.host}:{target.port}")


def host_keys(target: Target, limit: Limit, *, alive: Callable[[], object]) -> frozenset[str]:
    """Return the server's host keys (type and key), once it answers."""
    while True:
        if _port_open(target):
            scanned = process.run(
                ["ssh-keyscan", "-T", str(_CONNECT_S), "-p", str(target.port), target.host],
                timeout_s=30,
                stop=limit.stop,
            )
            lines = scanned.stdout.decode(errors="replace").splitlines()
            keys = frozenset(line.partition(" ")[2] for line in lines if not line.startswith("#"))
            if keys:
                return keys
        alive()
        limit.pause(0.3, f"host keys on {target.host}:{target.port}")


def greets(target: Target) -> bool:
    """Whether an SSH server answers there: a forwarded port is open before there is one."""
    try:
        with socket.create_connection((target.host, target.port), timeout=_CONNECT_S) as found:
            return found.recv(4) == b"SSH-"
    except OSError:
        return False


def _port_open(target: Target) -> bool:
    try:
        with socket.create_connection((target.host, target.port), timeout=_CONNECT_S):
            return True
    except OSError:
        return False


def _client(target: Target, key: Key) -> list[str]:
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": str(_CONNECT_S),
        "IdentitiesOnly": "yes",
        "LogLevel": "ERROR",
        "StrictHostKeyChecking": "no",
        "UserKnownHostsFile": "/dev/null",
    }
    flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    place = ["-p", str(target.port), f"root@{target.host}"]
    return ["ssh", "-F", "/dev/null", "-i", str(key.path), *flags, *place]


def _explained(error: process.ProcessError, command: str) -> StageError | process.ProcessError:
    denied = _DENIED.search("\n".join(error.tail))
    if error.code == _SSH_FAILED and denied:
        refused = LoginRefusedError(
            "SSH refused the key that was given in SSH_KEY",
            hint="keys from SSH_KEY go to root's authorized_keys (mode 600) before sshd starts",
        )
        refused.methods = tuple(denied[1].split(","))
        return refused
    if error.code is not None and 0 < error.code < _SSH_FAILED:
        return StageError(f"`{command}` over SSH ended with {error.code}: {' '.join(error.tail)}")
    return error
