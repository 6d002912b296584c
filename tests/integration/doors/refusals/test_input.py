"""Bad input is refused before anything is built: exit code 2, the place, and what to do."""

import gc
import warnings
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.bed.scratch import ScratchRepository
from tests.integration.doors.refusals.conftest import InStep, Refused
from tfimages_action.doors import action, terminal
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.planner import make_plan, open_sources
from tfimages_action.doors.planning.preflight import refuse_outside_contexts
from tfimages_action.errors import SettingsError


def test_no_dockerfile(refused: Refused) -> None:
    said = refused("--images-dir", "pictures")
    assert "no Dockerfile found in pictures" in said
    assert "images-dir" in said


def test_a_cycle_shows_its_path(scratch: ScratchRepository, refused: Refused) -> None:
    scratch.write("images/b/Dockerfile", "FROM 127.0.0.1:1/me/c\n")
    scratch.write("images/c/Dockerfile", "ARG REGISTRY\nFROM ${REGISTRY}/b\n")
    assert "b -> c -> b" in refused()


def test_two_images_of_one_name(scratch: ScratchRepository, refused: Refused) -> None:
    scratch.write("images/b/Dockerfile", "FROM scratch\nARG V\n")
    scratch.write("images/b/image.yaml", "variants: [{name: a, args: {V: '1'}}]\n")
    said = refused()
    assert "images/a" in said
    assert "images/b" in said


def test_an_unknown_key_and_the_likely_right_one(
    scratch: ScratchRepository, refused: Refused
) -> None:
    scratch.write("images/a/image.yaml", "# why\nplatfroms: [linux/amd64]\n")
    said = refused()
    assert "images/a/image.yaml:2" in said
    assert "platforms" in said


def test_a_from_with_an_arg_that_nothing_sets(scratch: ScratchRepository, refused: Refused) -> None:
    scratch.write("images/a/Dockerfile", "ARG BASE\n\nFROM ${BASE}:latest\n")
    said = refused()
    assert "images/a/Dockerfile:3" in said
    assert "BASE" in said


def test_a_tag_that_is_no_version(scratch: ScratchRepository, refused: Refused) -> None:
    scratch.commit("tagged", tag="nightly")
    assert "'nightly' is no version" in refused("--current", "nightly")


def test_a_revision_that_is_not_there(refused: Refused) -> None:
    assert "v9" in refused("--current", "v9")


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("images/a/image.yaml", "args: [1\n", "images/a/image.yaml:2: this is not YAML"),
        ("images/a/image.yaml", "kind: vmm\n", "'container' or 'vm' is wanted, not `vmm`"),
        ("images/a/image.yaml", "variants: [{nmae: x}]\n", "perhaps `name` was meant"),
        ("images/images.yaml", "defualts: {}\n", "perhaps `defaults` was meant"),
        ("images/a/Dockerfile", "FORM scratch\n", "perhaps FROM was meant"),
        ("images/a/Dockerfile", "", "the Dockerfile is empty"),
        ("images/a/Dockerfile", "RUN true\n", "it begins with FROM"),
        ("images/a/Dockerfile", "FROM ${REGISTRY}/b\n", "give REGISTRY a default"),
    ],
)
def test_a_broken_file_is_told_with_its_place_and_a_cure(
    scratch: ScratchRepository, refused: Refused, path: str, text: str, said: str
) -> None:
    scratch.write(path, text)
    told = refused()
    assert path in told
    assert said in told


@pytest.mark.parametrize("command", ["explain", "check", "boot"])
def test_an_unknown_image_gets_the_nearest(
    scratch: ScratchRepository, refused: Refused, command: str
) -> None:
    scratch.write("images/nextcloud/Dockerfile", "FROM scratch\n")
    said = refused("nextclod", command=command)
    assert "there is no image 'nextclod'" in said
    assert "perhaps 'nextcloud' was meant" in said


def test_only_names_no_image(scratch: ScratchRepository, refused: Refused) -> None:
    scratch.write("images/nextcloud/Dockerfile", "FROM scratch\n")
    assert "perhaps 'nextcloud' was meant" in refused("--only", "nextclod")


@pytest.mark.parametrize("command", ["plan", "graph", "check", "catalog"])
def test_a_repository_without_a_commit(tmp_path: Path, refused: Refused, command: str) -> None:
    empty = ScratchRepository(tmp_path / "empty")
    image = ["a"] if command == "check" else []
    said = refused("--repo", str(empty.folder), *image, command=command)
    assert "there is no commit here yet" in said


def test_what_is_no_report(scratch: ScratchRepository, capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.run(["report", str(scratch.folder / "images/a/Dockerfile")]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: this is no report of a run: Invalid JSON")
    assert "  -> " in said


def test_what_is_no_flist_is_named(
    scratch: ScratchRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    file = scratch.folder / "images/a/Dockerfile"
    assert terminal.run(["flist", "ls", str(file)]) == 1
    assert capsys.readouterr().err.startswith(f"error: {file}: no flist, or a damaged one")


def test_a_repository_without_tags_is_planned_whole(
    scratch: ScratchRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    scratch.commit("one")
    where = ["--repo", str(scratch.folder), "--registry", "127.0.0.1:1/me"]
    assert terminal.run(["plan", *where]) == 0
    assert capsys.readouterr().out.startswith("HEAD (first): 1 to build")


def test_no_repository(tmp_path: Path, refused: Refused) -> None:
    assert "not in a git repository" in refused("--repo", str(tmp_path / "nowhere"))


def test_a_registry_that_is_none(refused: Refused) -> None:
    assert "registry is 'no registry!'" in refused("--registry", "no registry!")


def test_a_missing_token_with_conversion_on(refused: Refused) -> None:
    said = refused(command="publish")
    assert "no hub-token" in said
    assert "`TFHUB_TOKEN`" in said
    assert "`--no-convert`" in said


def test_an_unreachable_engine(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with warnings.catch_warnings():
        # The SDK leaves the socket that could not connect to the collector.
        warnings.simplefilter("ignore", ResourceWarning)
        said = refused("--no-convert", "--no-push", command="publish")
        gc.collect()
    assert "no Docker Engine answers" in said


def test_what_came_from_outside_goes_to_a_loopback_registry_only(
    scratch: ScratchRepository, tmp_path: Path
) -> None:
    scratch.write(
        "images/a/Dockerfile", "FROM scratch AS tool\nFROM scratch\nCOPY --from=tool / /\n"
    )
    scratch.commit("one", tag="v1")
    settings = Settings(build_context=(f"tool={tmp_path}",))
    event = Event(workspace=scratch.folder)
    sources = open_sources(settings, event)
    for registry, allowed in (("127.0.0.1:5000/me", True), ("ghcr.io/me", False)):
        planned = make_plan(settings, event, sources, registry=registry)
        with (
            nullcontext() if allowed else pytest.raises(SettingsError, match="'tool' from outside")
        ):
            refuse_outside_contexts(planned, settings)


@pytest.mark.parametrize("option", ["--report", "--summary"])
def test_a_report_that_could_not_be_written(refused: Refused, option: str) -> None:
    assert "there is no folder /nowhere" in refused(
        "--local", option, "/nowhere/file", command="publish"
    )


def test_a_private_key_is_not_given_to_an_image(
    scratch: ScratchRepository, tmp_path: Path, refused: Refused
) -> None:
    scratch.write("images/a/Dockerfile", "FROM scratch\n")
    key = tmp_path / "id_ed25519"
    key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n")
    said = refused("a", "--key", str(key), command="boot")
    assert "is no public key" in said
    assert "b3Bl" not in said


def test_a_worktree_is_not_published(refused: Refused) -> None:
    assert "--no-push" in refused("--worktree", "--no-convert", command="publish")


def test_a_refused_step_still_writes_its_summary(
    scratch: ScratchRepository, tmp_path: Path, in_step: InStep, capsys: pytest.CaptureFixture[str]
) -> None:
    scratch.commit("one", tag="v1")
    summary = tmp_path / "summary.md"
    output = in_step(GITHUB_STEP_SUMMARY=str(summary), INPUT_PUSH="maybe")
    assert action.run() == 2
    assert "push is 'maybe'" in summary.read_text().replace("\\", "")
    assert "failed<<" in output.read_text()
    assert "::error::" in capsys.readouterr().out


def test_pull_request_target_is_refused(
    scratch: ScratchRepository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scratch.commit("one")
    for name, value in {
        "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(scratch.folder),
        "GITHUB_EVENT_NAME": "pull_request_target", "INPUT_REGISTRY": "127.0.0.1:1/me",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert action.run() == 2
    assert "pull_request_target is refused" in capsys.readouterr().out
