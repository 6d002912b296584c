"""How a full VM gets its root: over virtiofs, from a disk, on an encrypted overlay, or not at all.

The kernel and the initrd are those of fullvm/ubuntu-crypt on its Debian variant; the system that
they start says what it stands on, and ends.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import docker
import pytest

from tests.bed import images
from tests.bed.bases import BaseImage
from tests.bed.engine import Engine
from tfimages_action.adapters.smoke.limit import Limit
from tfimages_action.adapters.smoke.machine import Machine
from tfimages_action.adapters.smoke.place import Place
from tfimages_action.core.run.work import BuiltArchive
from tfimages_action.errors import StageError

pytestmark = [
    pytest.mark.engine,
    pytest.mark.vm,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.usefixtures("turn"),
]
_ON_DEBIAN = {"PARENT": "debian:trixie-slim", "KERNEL": "linux-image-cloud-amd64"}
_CRYPT = "crypt:mapname=secure,dev=/dev/vda"


@pytest.fixture(scope="module")
def machine(engine: Engine, base_image: BaseImage) -> Iterator[str]:
    assert base_image.reference
    crypt = images.catalogued("fullvm/ubuntu-crypt")
    # A name of its own: what another worker builds for its test is removed when that one ends.
    name = f"images-test-root:{uuid.uuid4().hex}"
    yield images.build(engine, crypt, arguments=_ON_DEBIAN, tag=name)
    engine.docker("rmi", name)


def _console(
    client: docker.DockerClient, archive: Path, environment: Mapping[str, str] | None = None
) -> str:
    """Start the archive and return all that it wrote until it ended."""
    booted = Machine(
        client=client, place=Place(), artifacts=archive.parent, environment=environment or {}
    )
    built = BuiltArchive(
        image=images.catalogued("fullvm/ubuntu-crypt"),
        path=archive,
        sha256="0" * 64,
        size_bytes=archive.stat().st_size,
    )
    limit = Limit(600, threading.Event())
    with booted.started(built, "no key", limit, print) as box:
        with suppress(StageError):
            while not limit.over:
                box.demand_running()
                limit.pause(0.5, "the machine's end")
        return "\n".join(box.log_lines())


def test_over_virtiofs_and_where_that_does_not_run_from_a_disk(
    engine: Engine, client: docker.DockerClient, machine: str, tmp_path: Path
) -> None:
    archive = tmp_path / "plain.tar.gz"
    images.small_machine(engine, archive, machine)
    shared = _console(client, archive)
    assert "root on virtiofs" in shared
    assert "init: root virtiofs from vroot" in shared
    fallen_back = _console(client, archive, {"VIRTIOFSD": "/bin/false"})
    assert "root on disk" in fallen_back
    assert "init: root ext4 from /dev/" in fallen_back


def test_on_an_encrypted_overlay_or_not_at_all(
    engine: Engine, client: docker.DockerClient, machine: str, tmp_path: Path
) -> None:
    archive = tmp_path / "crypt.tar.gz"
    images.small_machine(engine, archive, machine, _CRYPT)
    console = _console(client, archive)
    assert "init: root overlay from overlayroot" in console
    assert "init: written to ext4 on /dev/mapper/secure, CRYPT-LUKS2-" in console
    images.small_machine(engine, archive, machine, _CRYPT.replace("vda", "vdz"))
    console = _console(client, archive)
    assert "not starting without it" in console
    assert "init: root" not in console
