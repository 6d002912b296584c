"""A small repository in the shape of this one: a base of variants, a chain on it, one apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bed.bases import BaseImage
from tests.bed.engine import Engine
from tests.bed.scratch import ScratchRepository
from tests.bed.world import World, running_world

_BASE = "debian:trixie-slim"


def plant(repository: ScratchRepository) -> None:
    """Write the images: deb-base < ubuntu-docker < nextcloud, and `alone`."""
    repository.write("README.md", "# Images\n")
    repository.write("images/images.yaml", "args: {GREETING: hello}\n")
    repository.write(
        "images/deb-base/image.yaml",
        f'variants:\n  - name: "{_BASE}"\n    args: {{PARENT: "{_BASE}"}}\n',
    )
    repository.write(
        "images/deb-base/Dockerfile",
        'ARG PARENT\nFROM ${PARENT}\nCOPY motd /etc/motd\nCMD ["sleep", "infinity"]\n',
    )
    repository.write("images/deb-base/motd", "base 1\n")
    for name, parent in (("ubuntu-docker", _BASE), ("nextcloud", "ubuntu-docker")):
        repository.write(
            f"images/{name}/Dockerfile",
            f"ARG REGISTRY\nFROM ${{REGISTRY}}/{parent}\nCOPY site /srv/{name}\n",
        )
        repository.write(f"images/{name}/site", f"{name} 1\n")
        repository.write(f"images/{name}/README.md", f"# {name}\n")
    repository.write(
        "images/nextcloud/image.yaml",
        "checks:\n  command:\n    - argv: [cat, /srv/nextcloud, /etc/motd]\n      output: base\n",
    )
    repository.write(
        "images/alone/Dockerfile", f"FROM {_BASE}\nARG GREETING\nRUN echo $GREETING > /greeting\n"
    )


@pytest.fixture
def repository(tmp_path: Path) -> ScratchRepository:
    """Return the small repository, its first release tagged v1."""
    scratch = ScratchRepository(tmp_path / "origin")
    plant(scratch)
    scratch.commit("First", tag="v1")
    return scratch


@pytest.fixture
def world(
    tmp_path: Path,
    engine: Engine,
    base_image: BaseImage,
    action_image: str,
    repository: ScratchRepository,
) -> Iterator[World]:
    """Run everything that a release of the small repository meets."""
    assert base_image.reference == _BASE
    with running_world(
        tmp_path, engine=engine, repository=repository, image=action_image
    ) as running:
        yield running
