"""All the parts that one publishing run meets: GitHub, a registry, the Hub, an engine, a runner.

The engine and the registry are real; GitHub and the Hub are stand-ins that keep their contracts.
"""

from __future__ import annotations

import json
import secrets
import urllib.request
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.bed import jobs
from tests.bed.engine import Engine
from tests.bed.jobs import Job
from tests.bed.registry import Registry, running_registry
from tests.bed.runner import RUNTIME_TOKEN, Runner, Step, StepResult
from tests.bed.scratch import ScratchRepository
from tests.bed.tokens import TokenServer, running_tokens
from tests.standins.github import GitHubStandIn, running_github
from tests.standins.hub.server import HubStandIn, running_hub

# Of this process alone: others may watch the same machine for theirs.
_PLANTED: Final = f"ghs_planted{secrets.token_hex(14)}"
_PASSWORD: Final = f"planted-password-{secrets.token_hex(8)}"
_DOCKER: Final = "application/vnd.docker.distribution.manifest"
_OCI: Final = "application/vnd.oci.image"
_MANIFESTS: Final = (
    f"{_DOCKER}.v2+json, {_DOCKER}.list.v2+json, {_OCI}.manifest.v1+json, {_OCI}.index.v1+json"
)


class World:
    """A repository on GitHub, its registry, the Hub, and a runner for each of its jobs."""

    def __init__(
        self,
        folder: Path,
        *,
        engine: Engine,
        repository: ScratchRepository,
        registry: Registry,
        tokens: TokenServer,
        hub: HubStandIn,
        github: GitHubStandIn,
        image: str,
    ) -> None:
        self.engine = engine
        self.repository = repository
        self.registry = registry
        self.tokens = tokens
        self.hub = hub
        self.github = github
        self.hub_user = f"{tokens.user}.3bot"
        self.hub_token = hub.tokens.issue(self.hub_user)
        self.owner = github.name.partition("/")[0]
        self.namespace = f"{registry.host}/{self.owner}"
        self._folder = folder
        self._image = image
        self._jobs = 0

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every token that a step is given."""
        given = (self.hub_token, self.tokens.password, self.github.token or "", RUNTIME_TOKEN)
        return tuple(token for token in given if token)

    def tag_job(self, tag: str) -> Job:
        commit = self.repository.git("rev-parse", f"{tag}^{{commit}}")
        return jobs.tag_push(
            tag,
            commit,
            repository=self.github.name,
            actor=self.tokens.user,
            token=self.github.token or "",
            api_url=self.github.url,
        )

    def start(
        self,
        tag: str,
        inputs: Mapping[str, str] | None = None,
        *,
        depth: int | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Step:
        """Push a tag: check it out as a job does, and start the action with this world's inputs.

        With `depth: 1` the rest of history is only to be had from GitHub. `env`: what else the
        runner gives.
        """
        runner = self._runner(tag, depth)
        given = {
            "registry": self.namespace,
            "registry-username": self.tokens.user,
            "registry-password": self.tokens.password,
            "hub-url": self.hub.url,
            "hub-token": self.hub_token,
        }
        return runner.start(self.tag_job(tag), {**given, **(inputs or {})}, env=env)

    def run_job(self, job: Job, tag: str, inputs: Mapping[str, str]) -> StepResult:
        """Run the step of any event's job, with these inputs alone, on a clone made at `tag`."""
        return self._runner(tag, None).start(job, inputs).wait()

    def publish(
        self,
        tag: str,
        inputs: Mapping[str, str] | None = None,
        *,
        depth: int | None = None,
        env: Mapping[str, str] | None = None,
    ) -> StepResult:
        return self.start(tag, inputs, depth=depth, env=env).wait()

    def _runner(self, tag: str, depth: int | None) -> Runner:
        self._jobs += 1
        work = self._folder / f"job-{self._jobs}"
        workspace = work / "images"
        self.repository.checkout(workspace, tag, depth=depth)
        return Runner(self.engine, image=self._image, work=work, workspace=workspace)

    @property
    def last_temp(self) -> Path:
        """`_temp` of the last job: the home of its steps is below."""
        return self._folder / f"job-{self._jobs}" / "_temp"

    def digest(self, image: str, tag: str) -> str:
        """Ask the registry, as anyone may, which digest a tag names."""
        path = f"{self.owner}/{image}"
        grant = f"{self.tokens.realm}?service=x&scope=repository:{path}:pull"
        token = _json(grant)["token"]
        asked = urllib.request.Request(
            f"{self.registry.url}/v2/{path}/manifests/{tag}",
            method="HEAD",
            headers={"Authorization": f"Bearer {token}", "Accept": _MANIFESTS},
        )
        with urllib.request.urlopen(asked, timeout=10) as reply:
            return str(reply.headers["Docker-Content-Digest"])

    def flist(self, name: str) -> dict[str, Any]:
        """Ask the Hub, as anyone may, what an flist name stands for."""
        return _json(f"{self.hub.url}/api/flist/{self.hub_user}/{name}/light")

    def flist_entries(self, name: str) -> dict[str, int]:
        """Path and size of everything in an flist."""
        dump = _json(f"{self.hub.url}/api/flist/{self.hub_user}/{name}")
        return {entry["path"]: entry["size"] for entry in dump["content"]}


@contextmanager
def running_world(
    folder: Path, *, engine: Engine, repository: ScratchRepository, image: str
) -> Iterator[World]:
    """Start everything around `repository`; the images that its runs made are gone afterwards."""
    # An owner of its own: worlds on one engine must not meet.
    name = f"octo-{zlib.crc32(bytes(folder)):08x}/images"
    with (
        running_tokens(folder, user="octocat", password=_PASSWORD) as tokens,
        running_registry(tokens=tokens) as registry,
        running_hub(folder / "hub") as hub,
        running_github(repository.folder, name=name, token=_PLANTED) as github,
    ):
        world = World(
            folder,
            engine=engine,
            repository=repository,
            registry=registry,
            tokens=tokens,
            hub=hub,
            github=github,
            image=image,
        )
        try:
            yield world
        finally:
            _drop_images(world)


def _drop_images(world: World) -> None:
    listed = world.engine.text("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
    made = [name for name in listed if f"/{world.owner}/" in name]
    if made:
        world.engine.docker("rmi", "--force", *made, check=False)


def _json(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=10) as reply:
        found = json.load(reply)
    assert isinstance(found, dict)
    return found
