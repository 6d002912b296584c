"""What the tests of the checks work with: children of deb-base, built and checked."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path

import docker
from docker.models.containers import Container

from tests.bed import images
from tests.bed.engine import Engine
from tfimages_action.adapters.smoke.checker import Smoke
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.checks import Check, CheckPlan, CheckRun
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import BuiltImage, CheckResult
from tfimages_action.leftovers.owner import LABEL_OWNER, this_owner


class Bench:
    """Builds children of deb-base and checks them."""

    def __init__(self, engine: Engine, client: docker.DockerClient, smoke: Smoke) -> None:
        self.engine = engine
        self.client = client
        self.smoke = smoke
        self._children: list[str] = []

    def child(self, scratch: Path, *lines: str) -> str:
        """Build deb-base with these lines below it; returns a tag that is no other test's."""
        tag = f"images-smoke-test:{uuid.uuid4().hex}"
        images.build_text(self.engine, "\n".join([f"FROM {images.BASE}", *lines, ""]), tag, scratch)
        self._children.append(tag)
        return tag

    def close(self) -> None:
        """Remove what was built."""
        for tag in self._children:
            self.engine.docker("rmi", tag)

    def check(
        self, tag: str, *checks: Check, run: CheckRun | None = None
    ) -> tuple[CheckResult, list[str]]:
        log: list[str] = []
        built = built_image(self.client, tag, *checks, run=run)
        results = self.smoke.check(built, log=log.append, stop=threading.Event())
        return results[-1], log


def ours(client: docker.DockerClient) -> list[Container]:
    """What this very process has in the engine: other runs may check beside it."""
    mine = f"{LABEL_OWNER}={this_owner(None)}"
    return client.containers.list(all=True, filters={"label": mine})


def checked_image(*checks: Check, run: CheckRun | None = None) -> Image:
    return Image(
        name="x",
        reference=ImageReference.parse("registry.invalid/x"),
        flist="x.flist",
        kind=Kind.CONTAINER,
        folder="images/x",
        dockerfile="images/x/Dockerfile",
        context="images/x",
        checks=CheckPlan(checks=checks, run=run or CheckRun(timeout_s=60)),
    )


def built_image(
    client: docker.DockerClient, tag: str, *checks: Check, run: CheckRun | None = None
) -> BuiltImage:
    found = client.images.get(tag)
    return BuiltImage(
        image=checked_image(*checks, run=run),
        image_id=str(found.id),
        local=tag,
        size_bytes=int(found.attrs["Size"]),
    )
