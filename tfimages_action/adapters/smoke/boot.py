"""An image started by hand, as ZOS would start it: with its owner's key, until it is ended."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, assert_never

import docker

from tfimages_action.adapters.smoke import access, ssh
from tfimages_action.adapters.smoke.limit import Limit
from tfimages_action.adapters.smoke.machine import Machine
from tfimages_action.adapters.smoke.place import find_place
from tfimages_action.adapters.smoke.sandbox import Sandbox, Wanted, sandbox
from tfimages_action.core.config.checks import HttpCheck, PortCheck
from tfimages_action.core.run.work import Built, BuiltArchive, BuiltImage, Log
from tfimages_action.errors import SettingsError
from tfimages_action.leftovers import containers
from tfimages_action.leftovers.owner import labels, this_owner

_PRIVATE_SUFFIX: Final = ".pub"
_PUBLIC: Final = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")
"""How a line of authorized_keys begins; a private key must not end up in an environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose key goes in: the line for authorized_keys, and the file to log in with, if known."""

    public: str
    private: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What was started."""

    ssh_command: str
    addresses: tuple[str, ...]
    """`host:port` of each port that its checks name."""
    alive: Callable[[], object]
    """Raises `StageError` once it has ended by itself."""
    log_lines: Callable[[], tuple[str, ...]]
    greets: Callable[[], bool]
    """Whether its SSH server answers by now."""


def read_owner(path: Path) -> Owner:
    """Read a public key; the private one is taken to lie beside it. Raises `SettingsError`."""
    public = path.read_text(encoding="utf-8", errors="replace").strip()
    if not public.startswith(_PUBLIC):
        raise SettingsError(
            f"{path} is no public key of SSH",
            hint="name the file that ends in .pub; `ssh-keygen` makes a pair",
        )
    private = path.with_suffix("") if path.suffix == _PRIVATE_SUFFIX else None
    return Owner(
        public=public,
        private=private if private and private.exists() else None,
    )


def make_owner(folder: Path) -> Owner:
    """Make a key pair for this start alone."""
    key = ssh.make_key(folder, "owner")
    return Owner(public=key.public, private=key.path)


@contextmanager
def booted(
    client: docker.DockerClient, built: Built, owner: Owner, limit: Limit, *, log: Log
) -> Iterator[Running]:
    """Start what was built; it goes when the block ends, what dead runs left goes before."""
    containers.sweep(client.api)
    match built:
        case BuiltImage():
            with _container(client, built, owner, limit) as box:
                yield _running(box, owner, _ports(built))
        case BuiltArchive():
            machine = Machine(client=client, place=find_place(client), artifacts=Path())
            with machine.started(built, owner.public, limit, log) as box:
                yield _running(box, owner, ())
        case _:
            assert_never(built)


@contextmanager
def _container(
    client: docker.DockerClient, built: BuiltImage, owner: Owner, limit: Limit
) -> Iterator[Sandbox]:
    place = find_place(client)
    wanted = Wanted(
        image=built.local,
        run=built.image.checks.run,
        ports=(access.PORT, *_ports(built)),
        labels=labels(this_owner(place.container_id), limit.seconds),
        environment={"SSH_KEY": owner.public},
    )
    with sandbox(client, place, wanted, limit) as box:
        box.start()
        yield box


def _ports(built: BuiltImage) -> tuple[int, ...]:
    checks = built.image.checks.checks
    named = {check.port for check in checks if isinstance(check, HttpCheck | PortCheck)}
    return tuple(sorted(named - {access.PORT}))


def _running(box: Sandbox, owner: Owner, ports: tuple[int, ...]) -> Running:
    host, port = box.address(access.PORT)
    identity = f"-i {shlex.quote(str(owner.private))} " if owner.private else ""
    hosts = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    return Running(
        ssh_command=f"ssh {identity}{hosts} -p {port} root@{host}",
        addresses=tuple(":".join(map(str, box.address(named))) for named in ports),
        alive=box.demand_running,
        log_lines=box.log_tail,
        greets=lambda: ssh.greets(ssh.Target(host=host, port=port)),
    )
