"""Refreshes on a real engine and a real registry, in which the bases really move."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bed.engine import Engine
from tests.bed.home import Home, outcomes
from tests.bed.registry import running_registry
from tests.bed.scratch import ScratchRepository

pytestmark = pytest.mark.engine


class Bases:
    """Two images of somebody else's, which push new versions under the same names."""

    def __init__(self, engine: Engine, host: str, folder: Path) -> None:
        self._engine = engine
        self._host = host
        self._folder = folder

    def name(self, base: str) -> str:
        return f"{self._host}/upstream/{base}:1"

    def push(self, base: str, holds: str, *, number: int) -> None:
        """Another label makes another digest, of the same files."""
        context = self._folder / base
        context.mkdir(parents=True, exist_ok=True)
        (context / "file").write_text(holds)
        text = f'FROM scratch\nLABEL build={number}\nCOPY file /base\nCMD ["/base"]\n'
        (context / "Dockerfile").write_text(text)
        self._engine.docker("buildx", "build", "--load", "--tag", self.name(base), str(context))
        self._engine.docker("push", "--quiet", self.name(base))
        self._engine.docker("rmi", self.name(base))

    def drop(self) -> None:
        """Leave nothing in the engine: builds had it pull each version by its digest."""
        listed = self._engine.text("images", "--quiet", f"{self._host}/upstream/*").split()
        if listed:
            self._engine.docker("rmi", "--force", *set(listed), check=False)


def test_refreshes(
    tmp_path: Path,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    repository = ScratchRepository(tmp_path / "repository")
    with running_registry() as registry:
        bases = Bases(engine, registry.host, tmp_path / "bases")
        request.addfinalizer(bases.drop)
        for base in ("os", "lib"):
            bases.push(base, f"{base} 1 of {tmp_path}", number=1)
            repository.write(f"images/on-{base}/Dockerfile", f"FROM {bases.name(base)}\n")
        child = "ARG REGISTRY\nFROM ${REGISTRY}/on-os\nCOPY word /\n"
        repository.write("images/child/Dockerfile", child)
        repository.write("images/child/word", "word\n")
        repository.commit("One", tag="v1")
        home = Home(tmp_path / "home", repository, registry, "me", monkeypatch)
        assert set(outcomes(home.publish()).values()) == {"published"}
        released = {name: home.tags(name) for name in ("on-os", "on-lib", "child")}
        links = home.links()

        def idle(*more: str) -> None:
            since = len(registry.accesses())
            report = home.publish("--mode", "refresh", *more)
            assert set(outcomes(report).values()) == {"skipped"}
            changes = [one for one in registry.accesses()[since:] if one.method in {"PUT", "POST"}]
            assert changes == []

        idle()

        # One base brings other files, the other one only another digest.
        bases.push("os", f"os 2 of {tmp_path}", number=2)
        bases.push("lib", f"lib 1 of {tmp_path}", number=2)
        report = home.publish("--mode", "refresh")
        assert outcomes(report) == {"on-os": "published", "child": "published", "on-lib": "reused"}
        now = {name: home.tags(name) for name in released}
        (confirmed,) = set(now["on-lib"]) - set(released["on-lib"])
        assert confirmed.startswith("base-")
        assert now["on-lib"][confirmed] == released["on-lib"]["latest"]
        for name in ("on-os", "child"):
            fresh = now[name]["refresh"]
            assert released[name].items() <= now[name].items()
            made = now[name].keys() - released[name].keys()
            assert {"refresh", fresh[7:19]} <= made
            assert {now[name][tag] for tag in made} == {fresh}
            assert fresh != released[name]["latest"]
        assert links.items() <= home.links().items()
        idle()
        idle("--refresh-switch")  # what was asked for later does not come of itself

        # The next move, with the moving names.
        bases.push("os", f"os 3 of {tmp_path}", number=3)
        report = home.publish("--mode", "refresh", "--refresh-switch")
        assert outcomes(report) == {"on-os": "published", "child": "published", "on-lib": "skipped"}
        for name in ("on-os", "child"):
            tags = home.tags(name)
            assert tags["latest"] == tags["refresh"] != now[name]["refresh"]
            assert tags["v1"] == released[name]["v1"]
        stable = next(name for name in links if name.endswith("-on-os-latest.flist"))
        assert home.links()[stable] != links[stable]
        idle("--refresh-switch")
