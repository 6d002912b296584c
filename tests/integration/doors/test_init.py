"""`tfimages init` in a repository that has folders of Dockerfiles and nothing else."""

from pathlib import Path

import pytest

from tests.bed.scratch import ScratchRepository
from tfimages_action.doors import terminal
from tfimages_action.doors.starting import WORKFLOW


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


def test_it_says_what_comes_next(
    scratch: ScratchRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(scratch, "--registry", "reg.example/Me") == 0
    said = capsys.readouterr().out
    assert "tfimages plan --registry reg.example/me --images-dir ." in said
    assert "its secrets TFHUB_TOKEN, REGISTRY_USERNAME, REGISTRY_PASSWORD\n" in said
    assert "registry: reg.example/me\n" in (scratch.folder / WORKFLOW).read_text()


def test_a_new_repository_needs_no_commit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = ScratchRepository(tmp_path / "new")
    assert init(new) == 0
    assert "No images" in capsys.readouterr().out
    new.write("images/web/Dockerfile", "FROM scratch\n")
    assert init(new) == 0
    said = capsys.readouterr().out
    assert "  web  images/web/ -> ghcr.io/your-name/web:latest\n" in said
    assert (new.folder / "images/images.yaml").is_file()
