"""The `boot` check: a full VM's archive under QEMU, up to a login by its owner's key.

QEMU lives in a helper image (qemu/), built on demand and run by the engine that is at hand anyway,
in a job and on a laptop alike: a local QEMU would be another version, and unpacking the archive
with its owners would need root. The archive goes in by `docker cp`. The machine gets its own
kernel and initrd, its root over virtiofs as from ZOS (from a disk where that does not run), an
empty disk and a NoCloud seed with a key made for this check.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Final

import docker
from docker.errors import APIError, ImageNotFound

from tfimages_action import process
from tfimages_action.adapters.smoke import access, probes, ssh
from tfimages_action.adapters.smoke.limit import Limit
from tfimages_action.adapters.smoke.place import Place
from tfimages_action.adapters.smoke.sandbox import Sandbox, Wanted, sandbox
from tfimages_action.core.config.checks import BootCheck, CheckRun, CommandCheck
from tfimages_action.core.run.work import BuiltArchive, Log
from tfimages_action.errors import PAGES, StageError
from tfimages_action.leftovers.folders import owned_folder
from tfimages_action.leftovers.owner import labels, this_owner

_FILES: Final = ("Dockerfile", "boot.sh")
_KVM: Final = "/dev/kvm"
_SAYS: Final = "tfimages: "
_REFUSED: Final = "refused: "
_META_DATA: Final = "instance-id: check\nlocal-hostname: check\n"
_READ_BACK: Final = "uname -r; findmnt -n -o FSTYPE /; getent hosts localhost; cat /etc/resolv.conf"
_UP: Final = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Boots archives with the engine of `client`; console logs are kept in `artifacts`."""

    client: docker.DockerClient
    place: Place
    artifacts: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """What qemu/boot.sh reads, where it should not try what it would."""

    def boot(
        self,
        built: BuiltArchive,
        check: BootCheck,
        commands: Sequence[CommandCheck],
        limit: Limit,
        log: Log,
    ) -> str:
        """Boot, log in, read kernel and services back, run commands. Raises `StageError`."""
        with owned_folder("boot") as scratch:
            key = ssh.make_key(scratch, "owner")
            with self.started(built, key.public, limit, log) as box:
                try:
                    booted = _log_in(box, key, limit)
                    for service in check.services:
                        booted.wait_for(service)
                    for command in commands:
                        booted.demand(command)
                    return booted.describe(check.services)
                except (StageError, process.ProcessError) as error:
                    for line in box.log_tail():
                        log(f"console: {line}")
                    raise _refusal(box) or error from None
                finally:
                    console = self.artifacts / f"{built.image.name.replace('/', '-')}-console.log"
                    console.parent.mkdir(parents=True, exist_ok=True)
                    box.write_log(console)
                    log(f"the console's log is in {console}")

    @contextmanager
    def started(
        self, built: BuiltArchive, public_key: str, limit: Limit, log: Log
    ) -> Iterator[Sandbox]:
        """Start the machine with its owner's key; it is gone when the block ends."""
        helper = self._helper(limit, log)
        with ExitStack() as stack:
            # Only the engine knows whether its host has the device: ask for it, then go without.
            for devices in ((_KVM,), ()):
                try:
                    box = stack.enter_context(
                        self._start(built, helper, devices, public_key, limit)
                    )
                    break
                except APIError as error:
                    if not devices or _KVM not in str(error.explanation):
                        raise
            else:
                raise AssertionError("the last try starts or raises")
            yield box

    @contextmanager
    def _start(
        self,
        built: BuiltArchive,
        helper: str,
        devices: tuple[str, ...],
        public_key: str,
        limit: Limit,
    ) -> Iterator[Sandbox]:
        owner = this_owner(self.place.container_id)
        wanted = Wanted(
            image=helper,
            run=CheckRun(),
            ports=(access.PORT,),
            labels=labels(owner, limit.seconds),
            environment=self.environment,
            devices=devices,
            # virtiofsd's threads unshare their working directory: the usual profile forbids it.
            security=("seccomp=unconfined",),
        )
        with sandbox(self.client, self.place, wanted, limit) as box:
            box.put("/machine/seed", _seed(public_key))
            with built.path.open("rb") as archive:
                box.put("/machine/root", archive)
            box.start()
            yield box

    def _helper(self, limit: Limit, log: Log) -> str:
        """Return the helper image's name; it is built where the engine doesn't have it yet."""
        package = resources.files("tfimages_action.adapters.smoke") / "qemu"
        texts = {name: (package / name).read_bytes() for name in _FILES}
        digest = hashlib.sha256(b"\0".join(texts.values())).hexdigest()
        tag = f"tfimages-qemu:{digest[:12]}"
        try:
            self.client.images.get(tag)
        except ImageNotFound:
            log(f"building {tag}, which boots full VMs")
            _build(tag, texts, limit)
        return tag


def _build(tag: str, texts: dict[str, bytes], limit: Limit) -> None:
    with owned_folder("qemu") as folder:
        for name, text in texts.items():
            path = folder / name
            path.write_bytes(text)
            path.chmod(0o755)
        # The engine's own builder: it resolves nothing but Debian, and leaves the result here.
        argv = [
            "docker",
            "buildx",
            "build",
            "--builder=default",
            "--load",
            f"--tag={tag}",
            str(folder),
        ]
        try:
            process.run(
                argv,
                env=process.child_environment({"DOCKER_CONFIG": str(folder)}),
                timeout_s=max(1.0, limit.remaining_s),
                stop=limit.stop,
            )
        except process.ProcessError as error:
            raise StageError(
                f"QEMU's helper image can't be built: {error.message}",
                hint="the check needs debian:trixie-slim and Debian's packages",
            ) from error


def _seed(public_key: str) -> bytes:
    """A tar of what cloud-init's NoCloud source reads."""
    user_data = (
        f"#cloud-config\nusers:\n  - name: root\n    ssh_authorized_keys:\n      - {public_key}\n"
    )
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, text in (("user-data", user_data), ("meta-data", _META_DATA)):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Booted:
    """A machine that let its owner in."""

    box: Sandbox
    target: ssh.Target
    key: ssh.Key
    limit: Limit

    def wait_for(self, service: str) -> None:
        asked = f"systemctl is-active {service} || true"
        while (state := self._ask(asked).strip()) != _UP:
            if state == "failed":
                raise StageError(
                    f"the service {service} failed on the booted machine",
                    hint=f"boot it by hand and read `journalctl -u {service}`",
                )
            self.limit.pause(2, f"the service {service} ({state})")

    def demand(self, command: CommandCheck) -> None:
        done = ssh.executed(self._ask(ssh.with_exit_code(command.argv)))
        try:
            probes.judge_command(command, done)
        except StageError as error:
            raise StageError(f"`{' '.join(command.argv)}`: {error.message}") from error

    def describe(self, services: Sequence[str]) -> str:
        """Kernel, root and what QEMU used. Raises where the machine could reach nobody by name."""
        read = self._ask(_READ_BACK).splitlines()
        if not (_has(read, "localhost") and _has(read, "nameserver")):
            raise StageError(
                f"the machine has no working /etc/hosts or /etc/resolv.conf: {' | '.join(read)}",
                hint="both are files of the archive (or a link that systemd-resolved fills)",
            )
        used = _said(self.box) or "unknown accelerator"
        return f"kernel {read[0]}, root {read[1]}, {used}, services {', '.join(services) or '-'}"

    def _ask(self, command: str) -> str:
        # A machine that still starts, under TCG, may take longer to greet than ssh waits.
        alive = self.box.demand_running
        return ssh.run_patiently(self.target, self.key, command, self.limit, alive=alive)


def _log_in(box: Sandbox, key: ssh.Key, limit: Limit) -> _Booted:
    host, port = box.address(access.PORT)
    target = ssh.Target(host=host, port=port)
    # sshd may be up before cloud-init has written the key: a refusal means nothing yet.
    ssh.wait_for_login(target, key, limit, alive=box.demand_running, settle_s=limit.seconds)
    return _Booted(box=box, target=target, key=key, limit=limit)


def _has(lines: list[str], word: str) -> bool:
    return any(word in line.split() for line in lines)


def _refusal(box: Sandbox) -> StageError | None:
    """What the helper refused, whoever noticed first that it had ended."""
    refused = _said(box).partition(_REFUSED)[2]
    if not refused:
        return None
    return StageError(refused, hint=f"{PAGES}/vm.md says what an archive must hold")


def _said(box: Sandbox) -> str:
    """What the helper itself says last: accelerator and where the root is, or what it refuses."""
    lines = [line for line in box.log_lines() if line.startswith(_SAYS)]
    return lines[-1].removeprefix(_SAYS) if lines else ""
