"""The terminal on a real engine and a real registry, without a Hub."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bed.bases import BaseImage
from tests.bed.engine import Engine
from tests.bed.kept import kept_images, kept_images_removed
from tests.bed.registry import Registry, free_port
from tests.bed.scratch import ScratchRepository
from tfimages_action.doors import terminal

pytestmark = pytest.mark.engine

Run = Callable[..., str]


@pytest.fixture
def scratch(tmp_path: Path, base_image: BaseImage) -> ScratchRepository:
    repository = ScratchRepository(tmp_path / "repository")
    repository.write("images/base/Dockerfile", f"FROM {base_image.reference}\nCOPY word /word\n")
    repository.write("images/base/word", f"one {tmp_path}\n")
    text = 'ARG REGISTRY\nFROM ${REGISTRY}/base\nCMD ["/bin/sleep", "600"]\n'
    repository.write("images/web/Dockerfile", text)
    repository.write("images/web/image.yaml", "checks: {file: [{path: /word}]}\n")
    repository.commit("The first", tag="v1")
    return repository


@pytest.fixture
def run(
    scratch: ScratchRepository,
    registry: Registry,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    for name in ("TFHUB_TOKEN", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TFIMAGES_REGISTRY", f"{registry.host}/{tmp_path.name.lower()}")
    monkeypatch.setenv("TFIMAGES_FLIST_DIR", str(tmp_path / "flists"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> str:
        place = [] if arguments[0] == "report" else ["--repo", str(scratch.folder)]
        found = terminal.run([*arguments, *place])
        said = capsys.readouterr()
        assert found == code, said.out + said.err
        return said.out

    return run


def stable(folder: Path, image: str) -> Path:
    (link,) = (path for path in folder.glob(f"*-{image}-latest.flist") if path.is_symlink())
    return link.readlink()


def test_releases_without_a_hub_and_the_way_back(
    run: Run, scratch: ScratchRepository, tmp_path: Path
) -> None:
    flists = tmp_path / "flists"
    assert "2 published" in run("publish", "--local")
    first = stable(flists, "web")
    assert "2 skipped" not in run("publish", "--local", "--report", str(tmp_path / "again.json"))
    assert "2 to skip" in run("report", str(tmp_path / "again.json"))
    scratch.write("images/base/word", "two\n")
    scratch.commit("The second", tag="v2")
    assert "2 published" in run("publish", "--local")
    second = stable(flists, "web")
    assert first != second
    told = json.loads(run("rollback", "web", "v1", "--local", "--json"))
    assert stable(flists, "web") == first
    assert first.name.split("-")[-1].startswith(told["digest"][7:19])
    assert told["until_above"] == "v2"
    # What was rolled back stays there, whatever the same tag's run repairs.
    assert "rolled back from v2 to v1 and stay there" in run("publish", "--local")
    assert "v1 -> v2: 2 to skip" in run("publish", "--local", "--mode", "refresh")
    assert stable(flists, "web") == first
    assert "serves v2" in run("rollback", "web", "v2", "--local")
    assert stable(flists, "web") == second
    (flists / second).unlink()
    planned = json.loads(run("plan", "--local", "--records", "--json"))
    actions = {image["name"]: image["action"] for image in planned["images"]}
    assert actions == {"base": "skip", "web": "convert"}


def test_where_no_hub_answers_flists_are_made_here_if_that_was_asked_for(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFHUB_TOKEN", "t")
    nobody = ("--hub-url", f"http://127.0.0.1:{free_port()}")
    assert "`--without-hub local`" in run("publish", *nobody, code=2)
    report = json.loads(run("publish", *nobody, "--without-hub", "local", "--json"))
    assert [image["outcome"] for image in report["images"]] == ["published", "published"]
    (warning,) = (p for p in report["problems"] if "without the Hub" in p["message"])
    assert "can't be reached" in warning["message"]
    assert (tmp_path / "flists" / stable(tmp_path / "flists", "web")).is_file()


def test_an_edit_becomes_an_flist_without_a_commit(
    run: Run, scratch: ScratchRepository, tmp_path: Path, engine: Engine
) -> None:
    scratch.write("images/base/word", "edited\n")
    namespace = tmp_path.name.lower()
    with kept_images_removed(engine, namespace):
        assert "2 published" in run("publish", "--worktree", "--no-push", "--local")
        assert kept_images(engine, namespace)
    names = {path.name for path in (tmp_path / "flists").glob("*web*")}
    assert any(name.endswith("-web-worktree-edited.flist") for name in names)


def test_one_image_is_checked_as_it_stands(run: Run, scratch: ScratchRepository) -> None:
    told = json.loads(run("check", "web", "--json"))
    assert [check["name"] for check in told["checks"]] == ["file /word"]
    scratch.write("images/base/Dockerfile", "FROM debian:trixie-slim\n")
    assert "/word" in run("check", "web", code=1)
