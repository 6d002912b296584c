"""This repository's images on Debian: each is built and passes the checks of its image.yaml.

What is shown about Ubuntu, zinit, Docker's packages and released archives is nothing: they have
stand-ins here (tests/bed/images.py). docs/images.md says what only runs elsewhere.
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from tests.bed import bases, images
from tests.bed.bases import BaseImage
from tests.bed.engine import Engine
from tfimages_action.adapters.smoke.checker import Smoke
from tfimages_action.core.run.work import BuiltImage

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def ubuntu(engine: Engine, base_image: BaseImage) -> None:
    """Debian's deb-base under the names of Ubuntu's."""
    assert base_image.reference
    for name in ("ubuntu:22.04", "ubuntu:24.04"):
        images.deb_base(engine, f"{images.REGISTRY}/{name}")


def _failures(client: docker.DockerClient, name: str, tag: str, scratch: Path) -> list[str]:
    found = client.images.get(tag)
    built = BuiltImage(
        image=images.catalogued(name),
        image_id=str(found.id),
        local=tag,
        size_bytes=int(found.attrs["Size"]),
    )
    smoke = Smoke(client, artifacts=scratch)
    results = smoke.check(built, log=print, stop=threading.Event())
    assert len(results) > 3
    return [f"{result.name}: {result.detail}" for result in results if not result.ok]


@pytest.mark.parametrize("name", ["debian:trixie-slim", "debian:bookworm-slim"])
def test_deb_base(engine: Engine, client: docker.DockerClient, tmp_path: Path, name: str) -> None:
    bases.ensure_base(engine, name)
    tag = images.build(engine, images.catalogued(name), contexts=images.ZINIT)
    assert _failures(client, name, tag, tmp_path) == []


def test_ubuntu_docker_and_nextcloud_on_it(
    engine: Engine, ubuntu: None, client: docker.DockerClient, tmp_path: Path
) -> None:
    del ubuntu
    assert images.ubuntu_docker(engine, tmp_path)
    caddy = images.release(
        engine,
        tmp_path / "caddy",
        packages="caddy",
        files="usr/bin/caddy",
        archive="caddy.tar.gz",
    )
    tag = images.build(engine, images.catalogued("nextcloud"), contexts={"caddy": caddy})
    # A child passes its ancestors' checks too: dockerd runs, SSH lets in.
    assert _failures(client, "nextcloud", tag, tmp_path) == []


def test_only_the_expected_key_opens_dockers_repository(
    engine: Engine, ubuntu: None, tmp_path: Path
) -> None:
    """By keys of Debian's, since Docker's own is out of reach: one, another, and one beside it."""
    del ubuntu
    checked = replace(images.catalogued("ubuntu-docker"), target="checked")
    trixie = "41587F7DB8C774BCCF131416762F67A0B2C39DE4"
    tag = f"images-test-docker-key:{uuid.uuid4().hex}"

    def build(fingerprint: str, *keys: str) -> None:
        folder = tmp_path / "-".join((fingerprint, *keys))
        folder.mkdir()
        paths = [f"/usr/share/keyrings/debian-archive-{key}-stable.pgp" for key in keys]
        read = engine.docker("run", "--rm", "--entrypoint=cat", images.BASE, *paths)
        (folder / "docker.asc").write_bytes(read.stdout)
        images.build(
            engine,
            checked,
            contexts={"docker-key": folder},
            arguments={"DOCKER_KEY_FINGERPRINT": fingerprint},
            tag=tag,
        )

    build(trixie, "trixie")
    engine.docker("rmi", tag)
    for keys in (("bookworm",), ("trixie", "bookworm")):
        with pytest.raises(RuntimeError, match=r"/repository\.sh .* exit code: 1"):
            build(trixie, *keys)


def test_presearch_says_what_it_lacks(
    engine: Engine, ubuntu: None, client: docker.DockerClient, tmp_path: Path
) -> None:
    del ubuntu
    assert images.ubuntu_docker(engine, tmp_path)
    tag = images.build(engine, images.catalogued("presearch"))
    assert _failures(client, "presearch", tag, tmp_path) == []


@pytest.mark.parametrize("name", ["ubuntu-gluster", "gluster-etcd"])
def test_gluster(
    engine: Engine, ubuntu: None, client: docker.DockerClient, tmp_path: Path, name: str
) -> None:
    del ubuntu
    etcd = images.release(
        engine,
        tmp_path / "etcd",
        packages="etcd-server etcd-client",
        files="usr/bin/etcd usr/bin/etcdctl",
        archive="etcd.tar.gz",
    )
    tag = images.build(engine, images.catalogued(name), contexts={"etcd-release": etcd})
    assert _failures(client, name, tag, tmp_path) == []


def test_dev_env(engine: Engine, ubuntu: None, client: docker.DockerClient, tmp_path: Path) -> None:
    del ubuntu
    contexts = {"code-server": images.code_server(engine, tmp_path / "code-server")}
    tag = images.build(engine, images.catalogued("dev-env"), contexts=contexts)
    assert _failures(client, "dev-env", tag, tmp_path) == []


def test_hero_and_hero_git_on_it(
    engine: Engine, ubuntu: None, client: docker.DockerClient, tmp_path: Path
) -> None:
    del ubuntu
    contexts = images.hero_releases(tmp_path / "releases")
    hero = images.build(engine, images.catalogued("hero"), contexts=contexts)
    assert _failures(client, "hero", hero, tmp_path) == []
    tag = images.build(engine, images.catalogued("hero-git"), contexts=contexts)
    assert _failures(client, "hero-git", tag, tmp_path) == []
