"""The test bed does what its users count on: real parts, counted bytes, two image stores."""

import json
from pathlib import Path

from tests.bed.bases import BaseImage
from tests.bed.engine import Engine
from tests.bed.registry import Registry, running_registry
from tests.bed.tokens import running_tokens


def _build(engine: Engine, reference: str, line: str, base: str = "scratch") -> None:
    dockerfile = f"FROM {base}\nCOPY <<EOF /file\n{line}\nEOF\n".encode()
    engine.docker("buildx", "build", "--load", "--tag", reference, "-", stdin=dockerfile)


def test_registry_counts_what_was_uploaded_and_nothing_else(
    engine: Engine, registry: Registry
) -> None:
    reference = f"{registry.host}/bed/counted:1"
    _build(engine, reference, "counted")
    try:
        engine.docker("push", reference)
        first = registry.uploads()
        assert len([u for u in first if u.repository == "bed/counted"]) == 2  # layer and config
        assert registry.uploaded_bytes() > 0
        asked = len(registry.accesses())
        engine.docker("push", reference)
        assert registry.uploads(since=asked) == ()
    finally:
        engine.docker("rmi", "--force", reference)


def test_registry_stops_for_good_and_leaves_data_that_was_asked_for(tmp_path: Path) -> None:
    with running_registry(tmp_path / "data") as first:
        pid = first.pid
        assert Path(f"/proc/{pid}").exists()
        first.stop()
        assert not Path(f"/proc/{pid}").exists()
    with running_registry(tmp_path / "data") as second:
        assert second.accesses()


def test_base_image_is_debian_trixie(engine: Engine, base_image: BaseImage) -> None:
    release = engine.text("run", "--rm", base_image.reference, "cat", "/etc/os-release")
    assert "VERSION_CODENAME=trixie" in release


def test_second_engine_has_the_other_store_and_leaves_the_first_alone(
    engine: Engine, containerd_engine: Engine, second_base: BaseImage
) -> None:
    assert containerd_engine.containerd_store
    assert Path("/sys/class/net/docker0").exists()
    _build(containerd_engine, "bed/second:1", "second", second_base.reference)
    names = [json.loads(line)["Repository"] for line in _images(containerd_engine)]
    assert "bed/second" in names
    assert all(json.loads(line)["Repository"] != "bed/second" for line in _images(engine))


def _images(engine: Engine) -> list[str]:
    return engine.text("images", "--format", "{{json .}}").splitlines()


def test_a_registry_with_tokens_lets_everyone_pull_and_one_user_push(
    engine: Engine, tmp_path: Path
) -> None:
    with (
        running_tokens(tmp_path, user="octocat", password="secret") as tokens,
        running_registry(tokens=tokens) as guarded,
    ):
        reference = f"{guarded.host}/bed/guarded:1"
        config = ("--config", str(tmp_path / "docker"))
        _build(engine, reference, "guarded")
        try:
            assert engine.docker(*config, "push", reference, check=False).returncode != 0
            login = ("login", "--username", "octocat", "--password-stdin", guarded.host)
            assert engine.docker(*config, *login, stdin=b"wrong", check=False).returncode != 0
            engine.docker(*config, *login, stdin=b"secret")
            engine.docker(*config, "push", reference)
            engine.docker("pull", reference)
            tokens.private.add("bed/guarded")
            assert engine.docker("pull", reference, check=False).returncode != 0
            tokens.refused_pushes.add("bed/guarded")
            assert engine.docker(*config, "push", reference, check=False).returncode != 0
        finally:
            engine.docker("rmi", "--force", reference)
