"""`tfimages plan --records` sees what `publish` would repair on the Hub."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bed import oci
from tests.bed.scratch import ScratchRepository
from tests.integration.hub.world import CONFIG, USER, World, release_layers
from tfimages_action.adapters.git.repository import GitRepository
from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.published import names
from tfimages_action.core.published.record import LABEL_FINGERPRINT
from tfimages_action.core.run.work import Published
from tfimages_action.doors import terminal

pytestmark = pytest.mark.usefixtures("published")

Plan = Callable[..., tuple[str, str]]


@pytest.fixture
def published(world: World, tmp_path: Path) -> Published:
    """The world's image is now one of a repository, and in the registry as that wants it."""
    scratch = ScratchRepository(tmp_path / "repository")
    scratch.write("images/web/Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")
    scratch.commit("one", tag="v1")
    revision = GitRepository(scratch.folder).revision("v1")
    (world.image,) = build_catalog(revision, CatalogOptions(registry=namespace(world))).images
    layers = release_layers("v1")
    config = {**CONFIG, "Labels": {LABEL_FINGERPRINT: world.image.fingerprint}}
    moving = world.image.reference
    repository = moving.repository
    digest = oci.push(world.registry.url, f"{repository}:{moving.tag}", layers, config)
    content = names.content_reference(world.image, digest)
    oci.push(world.registry.url, f"{repository}:{content.tag}", layers, config)
    world.source.add(digest, layers)
    return Published(digest=digest, references=(content,))


def namespace(world: World) -> str:
    """Registry and namespace of whatever is the world's image."""
    reference = world.image.reference
    return f"{reference.registry}/{reference.repository.rpartition('/')[0]}"


@pytest.fixture
def plan(
    world: World,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Plan:
    """Plan the one image; gives the plan, and what was said beside it."""
    for name in ("TFHUB_TOKEN", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    given = ["--repo", str(tmp_path / "repository"), "--registry", namespace(world)]
    given += ["--hub-url", world.standin.url]

    def run(*arguments: str) -> tuple[str, str]:
        capsys.readouterr()
        assert terminal.run(["plan", *given, "--records", *arguments]) == 0
        said = capsys.readouterr()
        return said.out, said.err

    return run


AS = ("--hub-user", USER)


def test_what_is_missing_on_the_hub_is_planned_without_a_token(
    world: World, published: Published, plan: Plan
) -> None:
    out, err = plan(*AS)
    assert "1 to convert" in out
    assert "the published image has no flist" in out
    assert err == ""
    world.publish(published, "v1")
    assert "1 to skip" in plan(*AS)[0]
    world.standin.calls.clear()
    world.standin.headers.clear()
    world.standin.storage.delete(USER, world.stable)
    assert f"{world.stable} does not lead to the flist" in plan(*AS)[0]
    assert world.standin.calls == [("GET", f"/api/flist/{USER}")]
    assert "authorization" not in world.standin.headers[0]


def test_the_token_says_whose_flists_they_are(
    world: World, published: Published, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFHUB_TOKEN", world.standin.tokens.issue(USER))
    assert "1 to convert" in plan()[0]
    world.publish(published, "v1")
    assert "1 to skip" in plan()[0]


@pytest.mark.parametrize(("token", "why"), [("", "hub-user"), ("no-such-token", "token")])
def test_that_flists_were_not_looked_at_is_said(
    plan: Plan, token: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFHUB_TOKEN", token)
    out, err = plan()
    assert "1 to skip" in out
    assert err.startswith("flists were not looked at: ")
    assert why in err
    assert err.count("\n") == 1


def test_a_hub_that_does_not_answer_is_a_warning(world: World, plan: Plan) -> None:
    world.standin.stop()
    out, _ = plan(*AS)
    assert "1 to skip" in out
    assert "the Hub did not say which flists it has of web" in out
