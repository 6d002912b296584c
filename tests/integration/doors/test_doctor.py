"""The doctor before real parts: a registry that asks who we are, and the Hub's stand-in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bed.bases import BaseImage
from tests.bed.registry import Registry, free_port, running_registry
from tests.bed.scratch import ScratchRepository
from tests.bed.tokens import running_tokens
from tests.standins.hub.server import HubStandIn, running_hub
from tfimages_action.doors import terminal

pytestmark = pytest.mark.engine

PASSWORD = "planted-s3cret"
Lines = dict[str, dict[str, object]]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder = tmp_path_factory.mktemp("tokens")
    with (
        running_tokens(folder, user="me", password=PASSWORD) as tokens,
        running_registry(tokens=tokens) as running,
    ):
        yield running


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubStandIn]:
    with running_hub(tmp_path / "hub") as running:
        yield running


class Patient:
    """A repository whose doctor is asked."""

    def __init__(
        self, folder: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
    ) -> None:
        self.repository = ScratchRepository(folder)
        self.repository.write("images/a/Dockerfile", "FROM scratch\n")
        self.repository.commit("one", tag="v1")
        self._capsys = capsys
        self._patch = patch

    def examined(self, *options: str, **environment: str) -> Lines:
        for name in ("TFHUB_TOKEN", "GITHUB_ACTIONS"):
            self._patch.delenv(name, raising=False)
        for name, value in environment.items():
            self._patch.setenv(name, value)
        terminal.run(["doctor", "--repo", str(self.repository.folder), "--json", *options])
        said = self._capsys.readouterr()
        assert PASSWORD not in said.out + said.err
        return {line["what"]: line for line in json.loads(said.out)}


@pytest.fixture
def patient(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Patient:
    return Patient(tmp_path / "repository", capsys, monkeypatch)


@pytest.mark.parametrize(
    ("password", "ok", "said"),
    [
        (PASSWORD, True, "lets me in"),
        ("another", False, "refuses the login of me"),
        ("", False, "asks for a login to push, and there is none"),
    ],
    ids=["right", "wrong", "none"],
)
def test_the_login_is_really_tried(
    patient: Patient, guarded: Registry, password: str, said: str, *, ok: bool
) -> None:
    known = {"TFIMAGES_REGISTRY_USERNAME": "me", "TFIMAGES_REGISTRY_PASSWORD": password}
    lines = patient.examined("--registry", f"{guarded.host}/me", "--local", **known)
    assert lines["registry"]["ok"] is ok
    assert said in str(lines["registry"]["detail"])


def test_all_is_well_where_everything_answers(
    patient: Patient, registry: Registry, hub: HubStandIn, base_image: BaseImage
) -> None:
    assert base_image.reference
    token = hub.tokens.issue("me.3bot")
    place = ("--registry", f"{registry.host}/doctor", "--hub-url", hub.url)
    lines = patient.examined(*place, TFHUB_TOKEN=token)
    assert list(lines) == [
        "git", "engine", "image store", "buildx", "disk", "images", "downloads", "registry", "tags",
        "visibility", "token", "flists",
    ]  # fmt: skip
    assert [what for what, line in lines.items() if not line["ok"] and what != "disk"] == []
    assert "me.3bot" in str(lines["token"]["detail"])
    refused = patient.examined(*place, TFHUB_TOKEN="no-such-token")
    assert refused["token"]["ok"] is False
    assert refused["registry"]["ok"] is True


def test_what_does_not_answer_is_named(patient: Patient) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    place = ("--registry", f"{nobody}/me", "--hub-url", f"http://{nobody}")
    lines = patient.examined(*place, TFHUB_TOKEN="t")
    for what in ("registry", "token"):
        assert lines[what]["ok"] is False
        assert "can't be reached" in str(lines[what]["detail"])
        assert lines[what]["cure"]
