"""Every Dockerfile passes hadolint, and what must be the same in two of them is."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.bed.images import ROOT, catalog
from tfimages_action.core.catalog.downloads import Download, downloads
from tfimages_action.core.dockerfile.parse import parse

_HADOLINT = Path(sysconfig.get_path("scripts")) / "hadolint"


def _dockerfiles() -> list[str]:
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "*Dockerfile"], capture_output=True, check=True
    )
    return listed.stdout.decode().split()


def _lint(path: str) -> subprocess.CompletedProcess[bytes]:
    argv = [str(_HADOLINT), "--config", str(ROOT / ".hadolint.yaml"), "--no-color", path]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, check=False)


@pytest.mark.parametrize("path", _dockerfiles())
def test_hadolint_finds_nothing(path: str) -> None:
    done = _lint(path)
    assert done.returncode == 0, done.stdout.decode()


def test_hadolint_would_find_something(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM debian\nRUN cd /tmp && sudo true\n")
    assert _lint(str(bad)).returncode == 1


def test_the_zinit_stage_is_the_same_wherever_it_stands() -> None:
    """A Dockerfile can't include another: what is written twice must not drift apart."""
    stages = {
        path: text[text.index("FROM scratch AS zinit") : text.index("\n\nFROM ${PARENT}")]
        for path in _dockerfiles()
        if "AS zinit" in (text := (ROOT / path).read_text())
    }
    assert sorted(stages) == ["images/alpine/Dockerfile", "images/deb-base/Dockerfile"]
    assert len(set(stages.values())) == 1


def test_the_docs_name_every_image_and_what_is_unpinned() -> None:
    text = (ROOT / "docs/images.md").read_text()
    rows = "".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`([^`]+)`", rows)) == {image.name for image in catalog().images}
    loose = {one.name: one for one in _downloads() if not one.pinned}
    assert set(re.findall(r"`(\w+_CHECKSUM)`", text)) == set(loose)
    for name, one in loose.items():
        for folder in one.folders:
            readme = (ROOT / folder / "README.md").read_text()
            assert "**Unpinned.**" in readme or "**Unpinned:**" in readme, folder
            assert name in readme, folder


def _downloads() -> Sequence[Download]:
    return downloads(
        (image, parse((ROOT / image.dockerfile).read_bytes(), path=image.dockerfile))
        for image in catalog().images
    )


def test_every_image_has_a_readme_and_checks() -> None:
    for config in (ROOT / "images").rglob("image.yaml"):
        assert (config.parent / "README.md").is_file(), config
        assert "checks:" in config.read_text(), config
