"""`tfimages publish` at home on a scratch repository, and what it reported."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.bed.registry import Registry
from tests.bed.scratch import ScratchRepository
from tfimages_action.doors import terminal


class Home:
    """One repository, one namespace of a registry, flists made in a folder."""

    def __init__(
        self,
        folder: Path,
        repository: ScratchRepository,
        registry: Registry,
        namespace: str,
        patch: pytest.MonkeyPatch,
    ) -> None:
        self.namespace = f"{registry.host}/{namespace}"
        self._folder = folder
        self._repository = repository
        self._registry = registry
        self._path = namespace
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("TFHUB_TOKEN", "GITHUB_ACTIONS", "RUNNER_TEMP"):
            patch.delenv(name, raising=False)

    def publish(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Run `tfimages publish --local` with these arguments; return its report."""
        place = self._folder / "report.json"
        place.unlink(missing_ok=True)
        common = ["--local", "--registry", self.namespace, "--report", str(place)]
        flists = ["--flist-dir", str(self._folder / "flists")]
        repository = ["--repo", str(self._repository.folder)]
        found = terminal.run(["publish", *common, *flists, *repository, *arguments])
        report: dict[str, Any] = json.loads(place.read_text())
        assert found == code, report["error"] or report["images"]
        return report

    def tags(self, image: str) -> dict[str, str]:
        """Every tag of an image's repository, with the digest that it bears."""
        address = f"{self._registry.url}/v2/{self._path}/{image}"
        try:
            with urllib.request.urlopen(f"{address}/tags/list", timeout=10) as reply:
                names = json.load(reply)["tags"] or []
        except urllib.error.HTTPError:
            return {}
        return {name: self._digest(f"{address}/manifests/{name}") for name in names}

    def links(self) -> dict[str, str]:
        """Every link among the flists, with the flist that it leads to."""
        folder = self._folder / "flists"
        return {path.name: str(path.readlink()) for path in folder.iterdir() if path.is_symlink()}

    def _digest(self, url: str) -> str:
        accepted = "application/vnd.docker.distribution.manifest.v2+json"
        asked = urllib.request.Request(url, method="HEAD", headers={"Accept": accepted})
        with urllib.request.urlopen(asked, timeout=10) as reply:
            return str(reply.headers["Docker-Content-Digest"])


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {run["step"]["image"]["name"]: run["outcome"] for run in report["images"]}
