"""The checker on real containers: what is right passes, each sabotage is found and explained."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import docker
import pytest
from docker.errors import NotFound
from docker.models.containers import Container

from tests.bed import images
from tests.bed.bases import BaseImage
from tests.bed.engine import Engine
from tfimages_action.adapters.smoke.checker import Smoke
from tfimages_action.adapters.smoke.leftovers import LABEL_EXPIRES, LABEL_OWNER, this_owner
from tfimages_action.adapters.smoke.limit import StoppedError
from tfimages_action.adapters.smoke.place import Place
from tfimages_action.core.catalog import Image, Kind
from tfimages_action.core.checks import (
    BootCheck,
    Check,
    CheckPlan,
    CheckRun,
    CommandCheck,
    FileCheck,
    HttpCheck,
    PortCheck,
    ServiceCheck,
    SizeCheck,
    SshCheck,
)
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.work import BuiltArchive, BuiltImage, CheckResult

pytestmark = pytest.mark.engine
_TAG = "images-smoke-test"


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[docker.DockerClient]:
    made = docker.DockerClient(base_url=engine.host, timeout=120)
    yield made
    made.close()


@pytest.fixture(scope="module")
def base(engine: Engine, base_image: BaseImage) -> str:
    assert base_image.reference
    return images.deb_base(engine)


class Bench:
    """Builds children of deb-base and checks them."""

    def __init__(self, engine: Engine, client: docker.DockerClient, smoke: Smoke) -> None:
        self.engine = engine
        self.client = client
        self.smoke = smoke

    def child(self, scratch: Path, *lines: str) -> str:
        text = "\n".join([f"FROM {images.BASE}", *lines, ""])
        images.build_text(self.engine, text, _TAG, scratch)
        return _TAG

    def check(
        self, tag: str, *checks: Check, run: CheckRun | None = None
    ) -> tuple[CheckResult, list[str]]:
        log: list[str] = []
        built = _built(self.client, tag, *checks, run=run)
        results = self.smoke.check(built, log=log.append, stop=threading.Event())
        return results[-1], log


@pytest.fixture
def bench(engine: Engine, client: docker.DockerClient, base: str, smoke: Smoke) -> Bench:
    assert base
    return Bench(engine, client, smoke)


@pytest.fixture
def smoke(client: docker.DockerClient, tmp_path: Path) -> Iterator[Smoke]:
    yield Smoke(client, artifacts=tmp_path, place=Place())
    assert not _ours(client)


def _ours(client: docker.DockerClient) -> list[Container]:
    """What this very process has in the engine: other runs may check beside it."""
    ours = f"{LABEL_OWNER}={this_owner(None)}"
    return client.containers.list(all=True, filters={"label": ours})


def _image(*checks: Check, run: CheckRun | None = None) -> Image:
    return Image(
        name="x",
        reference=ImageReference.parse("registry.invalid/x"),
        flist="x.flist",
        kind=Kind.CONTAINER,
        folder="images/x",
        dockerfile="images/x/Dockerfile",
        context="images/x",
        checks=CheckPlan(checks=checks, run=run or CheckRun(timeout_s=60)),
    )


def _built(
    client: docker.DockerClient, tag: str, *checks: Check, run: CheckRun | None = None
) -> BuiltImage:
    found = client.images.get(tag)
    return BuiltImage(
        image=_image(*checks, run=run),
        image_id=str(found.id),
        local=tag,
        size_bytes=int(found.attrs["Size"]),
    )


def test_a_sound_image_passes_every_kind_of_check(bench: Bench, tmp_path: Path) -> None:
    unit = "exec: busybox httpd -f -p 8080 -h /srv"
    tag = bench.child(
        tmp_path,
        "RUN echo hello >/srv/index.html && chmod 4711 /srv/index.html",
        f"RUN echo '{unit}' >/etc/zinit/web.yaml",
    )
    built = _built(
        bench.client,
        tag,
        CommandCheck(argv=("sh", "-c", "echo $COLOUR; exit 3"), exit_code=3, output="green"),
        HttpCheck(port=8080, body="hello"),
        PortCheck(port=8080),
        FileCheck(path="/srv/index.html", mode="4711"),
        FileCheck(path="/sbin/zinit", mode="755"),
        FileCheck(path="/etc/nothing", absent=True),
        SizeCheck(max_bytes=400_000_000),
        ServiceCheck(name="web"),
        ServiceCheck(name="ssh-setup"),
        SshCheck(),
        run=CheckRun(env=(("COLOUR", "green"),), tmpfs=("/scratch:size=1m",), timeout_s=60),
    )
    results = bench.smoke.check(built, log=print, stop=threading.Event())
    assert [result.name for result in results if not result.ok] == []
    assert len(results) == 10
    assert results[0].name == "size"


def test_an_injected_key_stays_and_the_owner_gets_in_beside_it(
    bench: Bench, tmp_path: Path
) -> None:
    """As a machine may start: HOME is /, and what was injected is writable and ends abruptly."""
    keys = "/root/.ssh/authorized_keys"
    tag = bench.child(
        tmp_path,
        "ENV HOME=/",
        f"RUN mkdir -p /root/.ssh && printf injected >{keys}",
        f"RUN chmod 777 /root/.ssh && chmod 666 {keys}",
    )
    result, _ = bench.check(tag, SshCheck(), CommandCheck(argv=("grep", "-n", "", keys)))
    assert result.ok, result.detail
    assert result.detail == "1:injected"
    counted = CommandCheck(argv=("grep", "-c", "", keys), output="3")
    result, _ = bench.check(tag, SshCheck(), counted)
    assert result.ok, result.detail


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["RUN ssh-keygen -A"], "ships a host key"),
        (["RUN rm /etc/ssh/sshd_config.d/*"], "offers publickey, password"),
        (
            [
                "RUN mkdir -p /keys/etc/ssh && ssh-keygen -A -f /keys",
                "RUN sed -i '/^ssh-keygen/c cp /keys/etc/ssh/* /etc/ssh' /usr/local/sbin/ssh-setup",
            ],
            "same host key",
        ),
        (['ENTRYPOINT ["/bin/sh", "-c", "exit 7"]'], "ended by itself with 7"),
        (["RUN printf '#!/bin/sh\\nssh-keygen -A; mkdir -p /run/sshd' >/usr/local/sbin/ssh-setup"],
         "refused the key"),
    ],
)  # fmt: skip
def test_ssh_finds(bench: Bench, tmp_path: Path, lines: list[str], words: str) -> None:
    tag = bench.child(tmp_path, *lines)
    result, _ = bench.check(tag, SshCheck())
    assert not result.ok
    assert words in result.detail
    assert "->" in result.detail


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (SizeCheck(max_bytes=1000), "too large"),
        (FileCheck(path="/nowhere"), "not in the image"),
        (FileCheck(path="/etc/passwd", absent=True), "is in the image"),
        (FileCheck(path="/etc/passwd", mode="600"), "has mode 644, not 600"),
        (ServiceCheck(name="nobody"), "zinit knows no service nobody"),
        (ServiceCheck(name="broken"), "can't start broken"),
        (CommandCheck(argv=("false",)), "ended with 1 instead of 0"),
        (CommandCheck(argv=("/no/such",)), "/no/such"),
        (CommandCheck(argv=("echo", "a"), output="b"), "lacks 'b'"),
    ],
)
def test_finds(bench: Bench, tmp_path: Path, check: Check, words: str) -> None:
    tag = bench.child(tmp_path, "RUN echo 'exec: /no/such' >/etc/zinit/broken.yaml")
    result, _ = bench.check(tag, check)
    assert not result.ok
    assert words in result.detail


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (HttpCheck(port=8080, path="/none"), "answered 404 instead of 200"),
        (HttpCheck(port=8080, body="farewell"), "lacks 'farewell'"),
        (HttpCheck(port=9), "the right answer from port 9 (no answer"),
        (PortCheck(port=9), "port 9 did not come within"),
        (BootCheck(), "can't be booted as a machine"),
    ],
)
def test_finds_in_what_it_serves(bench: Bench, tmp_path: Path, check: Check, words: str) -> None:
    tag = bench.child(
        tmp_path,
        "RUN echo hello >/srv/index.html",
        "RUN echo 'exec: busybox httpd -f -p 8080 -h /srv' >/etc/zinit/web.yaml",
    )
    patience = 25 if isinstance(check, HttpCheck) and check.port != 9 else 4
    result, _ = bench.check(tag, check, run=CheckRun(timeout_s=patience))
    assert not result.ok
    assert words in result.detail


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "the archive has no /boot/vmlinuz"),
        ({"boot/vmlinuz": b"MZ\xea\x07", "boot/initrd.img": b""}, "no uncompressed ELF image"),
        ({"boot/vmlinuz": b"\x7fELF"}, "the archive has no /boot/initrd.img"),
    ],
    ids=["empty", "compressed", "no-initrd"],
)
def test_an_archive_that_zos_could_not_boot_is_refused(
    smoke: Smoke, tmp_path: Path, files: dict[str, bytes], words: str
) -> None:
    archive = tmp_path / "machine.tar"
    with tarfile.open(archive, "w") as packed:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    image = replace(_image(BootCheck(), run=CheckRun(timeout_s=300)), kind=Kind.VM)
    built = BuiltArchive(image=image, path=archive, sha256="0" * 64, size_bytes=1)
    result = smoke.check(built, log=print, stop=threading.Event())[-1]
    assert not result.ok
    assert words in result.detail


def test_a_failure_ends_the_list_and_brings_the_containers_log(
    bench: Bench, tmp_path: Path
) -> None:
    unit = 'exec: sh -c "echo oh no; exit 4"\\nlog: stdout\\n'
    tag = bench.child(tmp_path, f"RUN printf '{unit}' >/etc/zinit/sad.yaml")
    run = CheckRun(timeout_s=4)
    result, log = bench.check(tag, ServiceCheck(name="sad"), run=run)
    assert "did not come within 4 s" in result.detail
    assert any("oh no" in line for line in log)
    ran = [line for line in log if line.startswith("check ")]
    assert len(ran) == 1


def test_a_command_that_hangs_is_ended_by_the_limit(bench: Bench) -> None:
    hang = CommandCheck(argv=("sleep", "600"))
    result, _ = bench.check(images.BASE, hang, run=CheckRun(timeout_s=2))
    assert "within 2 s" in result.detail


def test_a_stop_ends_the_check_and_leaves_nothing(
    client: docker.DockerClient, base: str, tmp_path: Path
) -> None:
    stop = threading.Event()
    threading.Timer(1.0, stop.set).start()
    smoke = Smoke(client, artifacts=tmp_path, place=Place())
    built = _built(client, base, CommandCheck(argv=("sleep", "600")))
    with pytest.raises(StoppedError):
        smoke.check(built, log=print, stop=stop)
    assert not _ours(client)


def test_a_container_on_our_own_network_is_reached_there(
    client: docker.DockerClient, base: str, tmp_path: Path
) -> None:
    network = client.networks.create("images-smoke-job")
    try:
        place = Place(network="images-smoke-job")
        smoke = Smoke(client, artifacts=tmp_path, place=place)
        built = _built(client, base, SshCheck())
        result = smoke.check(built, log=print, stop=threading.Event())[-1]
    finally:
        network.remove()
    assert result.ok, result.detail


def test_what_a_dead_run_left_is_swept_and_a_living_ones_is_not(
    client: docker.DockerClient, base: str, tmp_path: Path
) -> None:
    home = this_owner(None).split(":")[1]
    later = str(int(time.time()) + 3600)
    dead = client.containers.create(
        base, labels={LABEL_OWNER: f"process:{home}:1:12345", LABEL_EXPIRES: later}
    )
    alive = client.containers.create(
        base, labels={LABEL_OWNER: "process:another-boot/4026531836:1:1", LABEL_EXPIRES: later}
    )
    try:
        Smoke(client, artifacts=tmp_path, place=Place()).check(
            _built(client, base, FileCheck(path="/etc")), log=print, stop=threading.Event()
        )
        left = {container.id for container in client.containers.list(all=True)}
    finally:
        for container in (dead, alive):
            with suppress(NotFound):
                container.remove(force=True)
    assert dead.id not in left
    assert alive.id in left


_HANGS = """
import sys, threading
from pathlib import Path
import docker
from tests.integration.smoke import test_checker as this
client = docker.DockerClient(base_url=sys.argv[3])
built = this._built(client, sys.argv[1], this.CommandCheck(argv=("sleep", "600")))
smoke = this.Smoke(client, artifacts=Path(sys.argv[2]), place=this.Place())
smoke.check(built, log=print, stop=threading.Event())
"""


def test_a_killed_check_is_swept_by_the_next(bench: Bench, tmp_path: Path) -> None:
    tag = bench.child(tmp_path, "RUN echo killed >/killed")

    def left() -> set[str]:
        found = bench.client.containers.list(filters={"label": LABEL_OWNER, "ancestor": tag})
        return {str(one.id) for one in found}

    argv = [sys.executable, "-c", _HANGS, tag, str(tmp_path), bench.engine.host]
    with subprocess.Popen(argv, env={"PATH": "/usr/bin", "PYTHONPATH": str(images.ROOT)}) as run:
        while not left():
            assert run.poll() is None
            time.sleep(0.2)
        run.kill()
    (orphan,) = left()
    result, _ = bench.check(tag, FileCheck(path="/killed"))
    assert result.ok
    assert orphan not in left()
