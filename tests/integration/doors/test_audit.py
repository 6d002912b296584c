"""`mode: audit` through its door: the last release, the registry, the Hub, and the summary."""

from pathlib import Path

import pytest

from tests.bed.engine import Engine
from tests.bed.registry import Registry
from tests.bed.scratch import ScratchRepository
from tests.standins.hub.server import running_hub
from tfimages_action.doors import terminal

pytestmark = pytest.mark.engine


def test_a_release_that_is_not_there_fails_and_a_prerelease_is_no_release(
    engine: Engine,
    registry: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert engine.text("version", "--format", "{{.Server.Version}}")
    scratch = ScratchRepository(tmp_path / "repository")
    scratch.write("images/a/Dockerfile", "FROM scratch\n")
    scratch.commit("One", tag="v1")
    scratch.write("images/later/Dockerfile", "FROM scratch\n")
    scratch.commit("Two", tag="v2.0.0-rc.1")
    summary = tmp_path / "summary.md"
    with running_hub(tmp_path / "hub") as hub:
        monkeypatch.setenv("TFHUB_TOKEN", hub.tokens.issue("alice.3bot"))
        code = terminal.run([
            "publish", "--mode", "audit", "--repo", str(scratch.folder), "--hub-url", hub.url,
            "--registry", f"{registry.host}/audit", "--summary", str(summary),
        ])  # fmt: skip
    said = capsys.readouterr().out
    assert code == 1, said
    assert f"a: the registry has no {registry.host}/audit/a:latest" in said
    page = summary.read_text()
    assert "audited the stable addresses of 1 image: 1 not as published" in page
    assert "## tf-images: audit of v1" in page
