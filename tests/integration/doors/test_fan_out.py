"""A plan cut into waves and run leg by leg publishes what one job publishes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bed.home import Home, outcomes
from tests.bed.registry import running_registry
from tests.bed.scratch import ScratchRepository
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.core.reference import ImageReference

pytestmark = pytest.mark.engine

_DIGITS = re.compile(r"[0-9a-f]{12}")
IMAGES = {"base": "", "left": "base", "right": "base", "top": "left", "alone": ""}


def plant(folder: Path) -> ScratchRepository:
    repository = ScratchRepository(folder)
    for name, parent in IMAGES.items():
        above = f"${{REGISTRY}}/{parent}" if parent else "scratch"
        text = f'ARG REGISTRY\nFROM {above}\nCOPY word /{name}\nCMD ["/{name}"]\n'
        repository.write(f"images/{name}/Dockerfile", text)
        repository.write(f"images/{name}/word", f"{name} of {folder}\n")
    repository.commit("One", tag="v1")
    return repository


def test_legs_publish_what_one_job_publishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = plant(tmp_path / "repository")
    with running_registry() as registry:
        one = Home(tmp_path / "one", repository, registry, "one", monkeypatch)
        many = Home(tmp_path / "many", repository, registry, "many", monkeypatch)
        assert set(outcomes(one.publish()).values()) == {"published"}

        planned = many.publish("--mode", "plan")
        assert (planned["mode"], planned["sentence"]) == ("plan", "planned: 5 to build")
        waves = planned["waves"]
        assert [sorted(wave) for wave in waves] == [["alone", "base"], ["left", "right"], ["top"]]
        for wave in waves:
            for leg in wave:
                report = many.publish("--only", leg, "--no-with-descendants")
                done = {name for name, how in outcomes(report).items() if how != "skipped"}
                assert done == {leg}
        # The last job finds nothing left to build.
        assert set(outcomes(many.publish()).values()) == {"skipped"}

        # By the registry's name, a build arg, fingerprints and digests differ; nothing else does.
        for name in IMAGES:
            assert named(many.tags(name)) == named(one.tags(name)) == {"latest", "v1"}
            assert holds(many, name) == holds(one, name)
        links = [{_DIGITS.sub("", link) for link in home.links()} for home in (one, many)]
        assert links[0] == {link.replace("-many-", "-one-") for link in links[1]}


def test_a_tag_that_is_an_alias_is_told_as_one_and_publishes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = plant(tmp_path / "repository")
    repository.git("tag", "v1.0")
    with running_registry() as registry:
        home = Home(tmp_path / "home", repository, registry, "alias", monkeypatch)
        for mode in ("plan", "publish"):
            report = home.publish("--mode", mode, "--current", "v1")
            assert (report["mode"], report["waves"]) == (mode, [])
            said = capsys.readouterr().out.splitlines()
            assert "notice: v1 abbreviates v1.0 on the same commit" in "\n".join(said)
            assert said[-1].startswith("nothing to do: the tag is an alias in ")
        assert home.tags("base") == {}


def named(tags: dict[str, str]) -> set[str]:
    """The release's names and the moving ones."""
    return {tag for tag in tags if not _DIGITS.search(tag)}


def holds(home: Home, name: str) -> tuple[object, object]:
    """Layers, and what is started."""
    reference = ImageReference.parse(f"{home.namespace}/{name}")
    config = RegistryClient().config(reference, home.tags(name)["latest"])
    assert config is not None
    return config["rootfs"], config["config"]["Cmd"]
