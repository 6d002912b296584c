"""Each line of the examination is ok or carries its cure; what can't be asked ends nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pygit2
import pytest

from tests.bed.revisions import catalog_of
from tfimages_action.adapters.engine import buildx, connection
from tfimages_action.adapters.git.repository import GitRepository
from tfimages_action.adapters.registry.transport import Login
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import Visibility
from tfimages_action.doors.doctor import findings as doctor
from tfimages_action.doors.doctor import remotes
from tfimages_action.doors.doctor.asking import Asked, Finding, told
from tfimages_action.doors.hub import actions as hub_actions
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.errors import EngineError, HubError, RefusedError, RegistryError

FILES = {
    "images/a/Dockerfile": "FROM scratch\n",
    "images/b/Dockerfile": "FROM scratch\n",
    "images/m/Dockerfile": "FROM scratch\n",
    "images/m/image.yaml": "kind: vm\n",
}


def only(findings: Sequence[Finding] | Iterator[Finding], what: str) -> Finding:
    (found,) = [finding for finding in findings if finding.what == what]
    return found


# -- how parts are asked ---------------------------------------------------------------------------


def test_a_part_that_can_not_be_asked_is_a_finding() -> None:
    def ask() -> Iterator[Finding]:
        yield Finding(what="engine", ok=True, detail="26")
        raise EngineError("gone", hint="start it")

    first, second = Asked("engine", ask).findings()
    assert first.ok
    assert (second.ok, second.detail, second.cure) == (False, "gone", "start it")


def test_a_part_that_does_not_answer_has_its_time_and_no_longer() -> None:
    never = threading.Event()

    def ask() -> Iterator[Finding]:
        never.wait(60)
        yield from ()

    (found,) = Asked("token", ask, limit_s=0.01).findings()
    never.set()
    assert not found.ok
    assert "no answer" in found.detail
    assert found.cure


def test_a_mistake_of_ours_ends_nothing_either() -> None:
    (found,) = told("disk", lambda: (1 / zero for zero in [0]))  # type: ignore[misc]
    assert "ZeroDivisionError" in found.detail


# -- here ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shallow", [True, False])
def test_a_shallow_clone_is_to_be_deepened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, shallow: bool
) -> None:
    pygit2.init_repository(tmp_path)
    monkeypatch.setattr(GitRepository, "is_shallow", shallow)
    found = doctor._git(GitRepository(tmp_path))
    assert found.ok is not shallow
    assert ("--unshallow" in found.cure) is shallow
    assert shallow or found.detail == "0 version tags"


class FakeConnection:
    """An engine's word, without an engine."""

    containerd = False
    is_local = True

    def __init__(self, _: object) -> None:
        self.environment: dict[str, str] = {}
        self.info = SimpleNamespace(
            version="26.1", platform="linux/amd64", storage="overlay2", root="/nowhere",
            containerd_store=self.containerd,
        )  # fmt: skip

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("containerd", [True, False])
def test_the_engine_tells_its_store(monkeypatch: pytest.MonkeyPatch, *, containerd: bool) -> None:
    monkeypatch.setattr(connection, "Connection", FakeConnection)
    monkeypatch.setattr(FakeConnection, "containerd", containerd)
    builder = SimpleNamespace(name="default", driver="docker")
    monkeypatch.setattr(
        buildx, "open_buildx", lambda *_, **__: SimpleNamespace(version="0.13", builder=builder)
    )
    found = list(doctor._engine())
    assert [finding.what for finding in found] == ["engine", "image store", "buildx", "disk"]
    assert all(finding.ok for finding in found)
    assert ("one platform" in only(found, "image store").detail) is not containerd


def test_a_missing_buildx_costs_its_line_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> object:
        raise RefusedError("no buildx", hint="apt-get install docker-buildx")

    monkeypatch.setattr(connection, "Connection", FakeConnection)
    monkeypatch.setattr(buildx, "open_buildx", missing)
    found = list(doctor._engine())
    assert only(found, "engine").ok
    assert only(found, "buildx").cure == "apt-get install docker-buildx"
    assert only(found, "disk").ok


@pytest.mark.parametrize(("free", "ok"), [(11, True), (9, False)])
def test_a_full_disk_is_to_be_pruned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, free: int, ok: bool
) -> None:
    usage = SimpleNamespace(free=free * 1024**3)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    found = doctor._disk(tmp_path, local=True)
    assert found.ok is ok
    assert "prune" in found.cure
    assert "out of sight" in doctor._disk(tmp_path, local=False).detail


@pytest.mark.parametrize(("checksum", "ok"), [("", False), ("sha256:" + "0" * 64, True)])
def test_downloads_without_a_checksum_are_named(tmp_path: Path, *, checksum: str, ok: bool) -> None:
    text = f"FROM scratch\nARG SUM={checksum}\nADD --checksum=${{SUM}} https://example.org/a /a\n"
    path = tmp_path / "images/a/Dockerfile"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    found = doctor._downloads(tmp_path, catalog_of({"images/a/Dockerfile": text}))
    assert found.ok is ok
    assert found.detail.endswith(": SUM") is not ok
    assert found.cure == ("" if ok else "tfimages pin")


# -- the registry ----------------------------------------------------------------------------------


@dataclass
class FakeRegistry:
    """What a registry says to us, and to a stranger."""

    says: Login = Login.ACCEPTED
    counts: dict[str, int] = field(default_factory=dict)
    seen: dict[str, Visibility] = field(default_factory=dict)
    broken: str = ""

    def login(self, _: str) -> Login:
        return self.says

    def tags(self, reference: ImageReference) -> tuple[str, ...]:
        name = reference.name.rpartition("/")[2]
        if name == self.broken:
            raise RegistryError(f"{name} is out of reach", hint="wait")
        return ("t",) * self.counts.get(name, 0)

    def visibility(self, reference: ImageReference) -> Visibility:
        return self.seen[reference.name.rpartition("/")[2]]


def asked(registry: FakeRegistry) -> list[Finding]:
    return list(
        remotes.registry_findings(
            "ghcr.io/owner", "me", catalog_of(FILES), ours=registry, stranger=registry
        )
    )


@pytest.mark.parametrize(
    ("says", "ok", "word"),
    [
        (Login.ACCEPTED, True, "lets me in"),
        (Login.NOT_ASKED_FOR, True, "asks for no login"),
        (Login.REFUSED, False, "refuses the login of me"),
        (Login.ANONYMOUS, False, "there is none"),
    ],
)
def test_the_login_is_tried(says: Login, word: str, *, ok: bool) -> None:
    found = only(asked(FakeRegistry(says=says)), "registry")
    assert found.ok is ok
    assert word in found.detail
    assert ("docker login ghcr.io" in found.cure) is not ok


def test_a_refused_login_is_said_once_and_not_for_every_image() -> None:
    found = asked(FakeRegistry(says=Login.REFUSED, broken="a"))
    assert [one.what for one in found] == ["registry"]


def test_each_package_is_public_private_or_not_yet_there() -> None:
    private = FakeRegistry(counts={"a": 2}, seen={"a": Visibility.PRIVATE})
    there = [finding for finding in asked(private) if finding.what == "visibility"]
    assert [finding.ok for finding in there] == [True, False]
    assert there[0].detail == "not published yet: owner/b:latest"
    assert "packages/container/a/settings" in there[1].cure
    public = FakeRegistry(counts={"a": 1}, seen={"a": Visibility.PUBLIC})
    assert "public: owner/a:latest" in [finding.detail for finding in asked(public)]


@pytest.mark.parametrize(("count", "ok"), [(3, True), (900, False)])
def test_gathered_tags_are_counted(*, count: int, ok: bool) -> None:
    there = FakeRegistry(counts={"a": count, "b": 1}, seen=dict.fromkeys("ab", Visibility.PUBLIC))
    found = only(asked(there), "tags")
    assert found.ok is ok
    assert f"most in ghcr.io/owner/a: {count}" in found.detail
    assert "ghcr.io/owner/a" in found.cure


def test_one_package_out_of_reach_costs_its_own_line() -> None:
    there = FakeRegistry(broken="a", counts={"b": 1}, seen={"b": Visibility.PUBLIC})
    found = asked(there)
    assert only(found, "ghcr.io/owner/a:latest").cure == "wait"
    assert only(found, "visibility").ok


# -- the Hub ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("without_hub", ["fail", "local"])
def test_without_a_token_the_way_to_one_is_told(without_hub: str) -> None:
    found = only(remotes.hub_findings(Settings(without_hub=without_hub)), "token")
    assert found.ok is (without_hub == "local")
    assert "TFHUB_TOKEN" in found.cure


def test_without_a_hub_no_token_is_needed(tmp_path: Path) -> None:
    (tmp_path / "a.flist").touch()
    (tmp_path / "b.flist").symlink_to("a.flist")
    (here,) = remotes.hub_findings(Settings(local=True, flist_dir=str(tmp_path)))
    assert here.ok
    assert here.detail.startswith("1 in ")


@pytest.mark.parametrize(("count", "ok"), [(3, True), (2000, False)])
def test_the_hub_says_whose_the_token_is_and_what_has_gathered(
    monkeypatch: pytest.MonkeyPatch, *, count: int, ok: bool
) -> None:
    hub = SimpleNamespace(user="me.3bot", listing=lambda _: [None] * count)
    monkeypatch.setattr(hub_actions, "sign_in", lambda _: hub)
    token, flists = remotes.hub_findings(Settings(hub_token="t"))
    assert "knows it as me.3bot" in token.detail
    assert flists.ok is ok
    assert "--prune-flists" in flists.cure


def test_a_refused_token_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> object:
        raise HubError("invalid signature", hint="make a new one")

    monkeypatch.setattr(hub_actions, "sign_in", refuse)
    (found,) = told("token", lambda: remotes.hub_findings(Settings(hub_token="t")))
    assert (found.ok, found.cure) == (False, "make a new one")


# -- all of it -------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def part(name: str) -> Any:
        return lambda *_: iter([Finding(what=name, ok=True, detail="")])

    for name in ("engine", "registry"):
        monkeypatch.setattr(doctor, f"_{name}", part(name))
    monkeypatch.setattr(doctor, "hub_findings", part("token"))


def examined(folder: Path, registry: str = "ghcr.io/owner") -> list[Finding]:
    return list(doctor.examine(Settings(registry=registry), Event(workspace=folder)))


@pytest.mark.usefixtures("elsewhere")
def test_outside_of_a_repository_the_rest_is_asked_all_the_same(tmp_path: Path) -> None:
    found = examined(tmp_path, registry="")
    assert [finding.what for finding in found] == ["git", "engine", "registry", "token"]
    assert not found[0].ok
    assert "--registry" in found[2].cure


@pytest.mark.usefixtures("elsewhere")
def test_a_broken_image_is_told_with_its_place_and_the_rest_is_asked(tmp_path: Path) -> None:
    repository = pygit2.init_repository(tmp_path)
    (tmp_path / "images/a").mkdir(parents=True)
    (tmp_path / "images/a/Dockerfile").write_text("FORM scratch\n")
    author = pygit2.Signature("a", "a@example.org", 0)
    tree = repository.index.write_tree()
    repository.create_commit("HEAD", author, author, "one", tree, [])
    found = examined(tmp_path)
    assert [finding.what for finding in found] == ["git", "engine", "images", "token"]
    assert found[2].detail.startswith("images/a/Dockerfile:1: ")
    (tmp_path / "images/a/Dockerfile").write_text("FROM scratch\n")
    names = ["git", "engine", "images", "downloads", "registry", "token"]
    assert [finding.what for finding in examined(tmp_path)] == names
