"""fullvm/debian-minimal for real: built by BuildKit, booted under QEMU, entered over SSH."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import docker
import pytest

from tests.bed import images
from tests.bed.bases import BaseImage
from tests.bed.engine import Engine
from tfimages_action.adapters.smoke.checker import Smoke
from tfimages_action.core.run.work import BuiltArchive

pytestmark = [
    pytest.mark.engine,
    pytest.mark.vm,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.usefixtures("turn"),
]
_NAME = "fullvm/debian-minimal"
_ARTIFACTS = images.ROOT / "build/console"


def test_a_full_vm_boots_and_lets_its_owner_in(
    engine: Engine, base_image: BaseImage, client: docker.DockerClient, tmp_path: Path
) -> None:
    assert base_image.reference
    image = images.catalogued(_NAME)
    archive = tmp_path / "debian-minimal.tar.gz"
    images.build_archive(engine, image, archive)
    built = BuiltArchive(
        image=image,
        path=archive,
        sha256=hashlib.sha256(archive.read_bytes()).hexdigest(),
        size_bytes=archive.stat().st_size,
    )
    log: list[str] = []
    smoke = Smoke(client, artifacts=_ARTIFACTS)
    results = smoke.check(built, log=log.append, stop=threading.Event())
    assert [result.detail for result in results if not result.ok] == []
    boot = results[-1]
    assert boot.name == "boot"
    assert any(root in boot.detail for root in ("root virtiofs", "root ext4"))
    print(boot.detail, f"{boot.seconds:.0f} s")
    console = (_ARTIFACTS / "fullvm-debian-minimal-console.log").read_text(errors="replace")
    assert "Linux version" in console
