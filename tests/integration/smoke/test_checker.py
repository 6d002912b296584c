"""The checker on real containers: what is right passes, each sabotage is found and explained."""

from __future__ import annotations

import io
import tarfile
import threading
import uuid
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from tests.bed import images
from tests.integration.smoke.bench import Bench, built_image, checked_image, ours
from tfimages_action.adapters.smoke.checker import Smoke
from tfimages_action.adapters.smoke.limit import StoppedError
from tfimages_action.adapters.smoke.place import Place
from tfimages_action.core.config.checks import (
    BootCheck,
    Check,
    CheckRun,
    CommandCheck,
    FileCheck,
    HttpCheck,
    PortCheck,
    ServiceCheck,
    SizeCheck,
    SshCheck,
)
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.run.work import BuiltArchive

pytestmark = pytest.mark.engine


def test_a_sound_image_passes_every_kind_of_check(bench: Bench, tmp_path: Path) -> None:
    unit = "exec: busybox httpd -f -p 8080 -h /srv"
    tag = bench.child(
        tmp_path,
        "RUN echo hello >/srv/index.html && chmod 4711 /srv/index.html",
        f"RUN echo '{unit}' >/etc/zinit/web.yaml",
    )
    built = built_image(
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
    image = replace(checked_image(BootCheck(), run=CheckRun(timeout_s=300)), kind=Kind.VM)
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
    built = built_image(client, base, CommandCheck(argv=("sleep", "600")))
    with pytest.raises(StoppedError):
        smoke.check(built, log=print, stop=stop)
    assert not ours(client)


def test_a_container_on_our_own_network_is_reached_there(
    client: docker.DockerClient, base: str, tmp_path: Path
) -> None:
    name = f"images-smoke-{uuid.uuid4().hex}"
    network = client.networks.create(name)
    try:
        place = Place(network=name)
        smoke = Smoke(client, artifacts=tmp_path, place=place)
        built = built_image(client, base, SshCheck())
        result = smoke.check(built, log=print, stop=threading.Event())[-1]
    finally:
        network.remove()
    assert result.ok, result.detail
