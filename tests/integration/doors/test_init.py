"""`tfimages init` in a repository that has folders of Dockerfiles and nothing else."""

from pathlib import Path

import pytest

from tests.bed.scratch import ScratchRepository
from tfimages_action.doors import terminal


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScratchRepository:
    for name in ("GITHUB_REPOSITORY", "TFIMAGES_REGISTRY", "TFIMAGES_IMAGES_DIR"):
        monkeypatch.delenv(name, raising=False)
    repository = ScratchRepository(tmp_path / "repository")
    repository.write("a/Dockerfile", "FROM scratch\n")
    repository.write("a/test/Dockerfile", "FROM scratch\n")
    repository.commit("One")
    return repository


def init(scratch: ScratchRepository, *more: str) -> int:
    return terminal.run(["init", "--repo", str(scratch.folder), *more])


def test_folders_at_the_root(
    scratch: ScratchRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(scratch) == 0
    said = capsys.readouterr().out
    assert "Images (images-dir: .):\n  a  a/ -> ghcr.io/your-name/a:latest\n" in said
    assert "  a/test/Dockerfile lies inside the image a" in said
    assert "Written: .github/workflows/publish.yaml" in said
    assert "images-dir: ." in (scratch.folder / ".github/workflows/publish.yaml").read_text()
    assert (scratch.folder / "images.yaml").is_file()

    before = (scratch.folder / "images.yaml").stat().st_mtime_ns
    assert init(scratch) == 0
    assert "left as it is: images.yaml" in capsys.readouterr().out
    assert (scratch.folder / "images.yaml").stat().st_mtime_ns == before
    # What was written is a configuration that the plan takes.
    scratch.commit("Two", tag="v1")
    plan = ["plan", "--repo", str(scratch.folder), "--registry", "ghcr.io/me", "--images-dir", "."]
    assert terminal.run(plan) == 0


def test_where_there_are_none_it_says_what_it_saw(
    scratch: ScratchRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(scratch, "--images-dir", "images", "--list") == 0
    said = capsys.readouterr().out
    assert "No images (images-dir: images)" in said
    assert "a/Dockerfile is not below images/" in said
    assert not (scratch.folder / ".github").exists()
