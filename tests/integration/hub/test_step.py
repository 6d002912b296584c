"""`hub/action.yml` as a runner runs it: the same image, other arguments, the output `linkpoint`."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bed import jobs
from tests.bed.engine import Engine
from tests.bed.oci import File
from tests.bed.runner import ACTION, Runner, StepResult
from tests.integration.hub.world import USER, World, layer

pytestmark = pytest.mark.engine
Step = Callable[..., StepResult]


@pytest.fixture
def token(world: World) -> str:
    return world.standin.tokens.issue(USER)


@pytest.fixture
def step(world: World, engine: Engine, action_image: str, tmp_path: Path, token: str) -> Step:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    archive = gzip.compress(layer(File(path="etc/release", content=b"v1")), 1)
    (workspace / "root.tar.gz").write_bytes(archive)
    action = ACTION.parent / "hub/action.yml"
    runner = Runner(engine, image=action_image, work=tmp_path, workspace=workspace, action=action)

    def run(**inputs: str) -> StepResult:
        given = {"hub-token": token, "hub-url": world.standin.url, **inputs}
        return runner.run(jobs.tag_push("v1", "1" * 40), given)

    return run


def test_upload_then_link_and_read_the_link(world: World, step: Step, token: str) -> None:
    made = step(action="upload", name="a.flist", target="root.tar.gz")
    assert made.exit_code == 0, made.log
    assert made.outputs["linkpoint"] == ""
    assert world.served("a.flist") == "v1"
    linked = step(action="symlink", name="a.flist", target="stable.flist")
    assert (linked.exit_code, linked.outputs["linkpoint"]) == (0, "a.flist"), linked.log
    assert world.served("stable.flist") == "v1"
    read = step(action="readlink", name=f"{USER}/stable.flist", **{"hub-token": ""})
    assert (read.exit_code, read.outputs["linkpoint"]) == (0, "a.flist"), read.log
    assert not any(token in result.raw for result in (made, linked, read))


def test_what_is_refused_is_an_annotation_and_an_exit_code(step: Step) -> None:
    result = step(action="link", name="none.flist", target="stable.flist")
    assert result.exit_code == 2
    assert "is not on the Hub" in result.annotations[0].message
    assert "linkpoint" not in result.outputs
