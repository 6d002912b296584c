"""The `boot` check: a full VM's archive under QEMU, up to a login by its owner's key.

QEMU lives in a helper image (qemu/), built on demand and run by the engine that is at hand anyway,
in a job and on a laptop alike; the archive goes in by `docker cp`. The machine gets its own kernel
and initrd, its root over virtiofs as from ZOS (from a disk where that does not run), an empty disk
and a NoCloud seed with a key made for this check.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import docker
from docker.errors import APIError, ImageNotFound

from tfimages_action import process
from tfimages_action.adapters.smoke import access, leftovers, ssh
from tfimages_action.adapters.smoke.limit import Limit
from tfimages_action.adapters.smoke.place import Place
from tfimages_action.adapters.smoke.sandbox import Sandbox, Wanted, sandbox
from tfimages_action.core.checks import BootCheck, CheckRun
from tfimages_action.core.work import BuiltArchive, Log
from tfimages_action.errors import StageError

_FILES: Final = ("Dockerfile", "boot.sh")
_KVM: Final = "/dev/kvm"
_SAYS: Final = "tfimages: "
_META_DATA: Final = "instance-id: check\nlocal-hostname: check\n"
_READ_BACK: Final = "uname -r; findmnt -n -o FSTYPE /; getent hosts localhost; cat /etc/resolv.conf"
_UP: Final = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Boots archives with the engine of `client`; console logs are kept in `artifacts`."""

    client: docker.DockerClient
    place: Place
    artifacts: Path

    def boot(self, built: BuiltArchive, check: BootCheck, limit: Limit, log: Log) -> str:
        """Boot, log in, read kernel and services back. Raises `StageError` with the cure."""
        with tempfile.TemporaryDirectory(prefix="tfimages-boot-") as scratch:
            key = ssh.make_key(Path(scratch), "owner")
            with self.started(built, key.public, limit, log) as box:
                try:
                    return _prove(box, check, key, limit, log)
                except (StageError, process.ProcessError):
                    for line in box.log_tail():
                        log(f"console: {line}")
                    raise
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
        owner = leftovers.this_owner(self.place.container_id)
        wanted = Wanted(
            image=helper,
            run=CheckRun(),
            ports=(access.PORT,),
            labels=leftovers.labels(owner, limit.seconds),
            environment={},
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
    with tempfile.TemporaryDirectory(prefix="tfimages-qemu-") as folder:
        for name, text in texts.items():
            path = Path(folder, name)
            path.write_bytes(text)
            path.chmod(0o755)
        # The engine's own builder: it resolves nothing but Debian, and leaves the result here.
        argv = ["docker", "buildx", "build", "--builder=default", "--load", f"--tag={tag}", folder]
        try:
            process.run(
                argv,
                env=process.child_environment({"DOCKER_CONFIG": folder}),
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


def _prove(box: Sandbox, check: BootCheck, key: ssh.Key, limit: Limit, log: Log) -> str:
    host, port = box.address(access.PORT)
    target = ssh.Target(host=host, port=port)
    # sshd may be up before cloud-init has written the key: a refusal means nothing yet.
    ssh.wait_for_login(target, key, limit, alive=box.demand_running, settle_s=limit.seconds)
    read = ssh.run(target, key, _READ_BACK, limit).splitlines()
    if not (_has(read, "localhost") and _has(read, "nameserver")):
        raise StageError(
            f"the machine has no working /etc/hosts or /etc/resolv.conf: {' | '.join(read)}",
            hint="both are files of the archive (or a link that systemd-resolved fills)",
        )
    for service in check.services:
        _wait_for_service(target, key, service, limit)
    how = _how(box)
    log(f"booted: kernel {read[0]}, root {read[1]}; {how}")
    return f"kernel {read[0]}, root {read[1]}, {how}, services {', '.join(check.services) or '-'}"


def _has(lines: list[str], word: str) -> bool:
    return any(word in line.split() for line in lines)


def _wait_for_service(target: ssh.Target, key: ssh.Key, service: str, limit: Limit) -> None:
    while True:
        state = ssh.run(target, key, f"systemctl is-active {service} || true", limit).strip()
        if state == _UP:
            return
        if state == "failed":
            raise StageError(
                f"the service {service} failed on the booted machine",
                hint=f"boot it by hand and read `journalctl -u {service}`",
            )
        limit.pause(2, f"the service {service} ({state})")


def _how(box: Sandbox) -> str:
    """What the helper says it used: accelerator, and where the root is."""
    lines = [line for line in box.log_lines() if line.startswith(_SAYS)]
    return lines[-1].removeprefix(_SAYS) if lines else "unknown accelerator"
