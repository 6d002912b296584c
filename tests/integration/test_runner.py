"""The harness starts a container action as GitHub's runner does."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bed import jobs
from tests.bed.engine import Engine
from tests.bed.runner import Runner

_PROBE = """
import json, os, signal, sys, time
if os.environ["INPUT_IMAGES-DIR"] == "wait":
    print("waiting", flush=True)
    signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
    time.sleep(60)
with open(os.environ["GITHUB_OUTPUT"], "a") as file:
    print("plan<<X", json.dumps(dict(os.environ)), "X", sep="\\n", file=file)
with open(os.environ["GITHUB_STEP_SUMMARY"], "a") as file:
    file.write("# Done")
print("::warning file=a,line=1::mind")
print("uid", os.getuid(), os.getcwd(), os.stat("/github/workspace").st_uid)
print("socket", os.path.exists("/var/run/docker.sock"))
open("/github/workspace/left", "w").close()
sys.exit(3)
"""


@pytest.fixture
def probe(engine: Engine, action_image: str) -> Iterator[str]:
    """Build an action that tells what it was given, in the place of the real one."""
    name = f"bed-probe:{uuid.uuid4().hex}"
    entry = json.dumps(["tini", "-g", "--", "python3", "-c", _PROBE])
    dockerfile = f"FROM {action_image}\nENTRYPOINT {entry}\n"
    engine.docker("buildx", "build", "--load", "--tag", name, "-", stdin=dockerfile.encode())
    yield name
    engine.docker("rmi", "--force", name)


@pytest.fixture
def runner(engine: Engine, probe: str, tmp_path: Path) -> Runner:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    return Runner(engine, image=probe, work=tmp_path, workspace=workspace)


def test_step_gets_what_a_runner_gives(runner: Runner, tmp_path: Path) -> None:
    job = jobs.tag_push("v1", "1" * 40)
    result = runner.run(job, {"hub-token": "t0ken"}, env={"EXTRA": "1"})
    assert result.exit_code == 3
    assert "uid 0 /github/workspace 1001" in result.log
    assert "socket True" in result.log
    assert result.summary == "# Done"
    assert [a.message for a in result.annotations] == ["mind"]
    given = result.output("plan")
    assert given["INPUT_HUB-TOKEN"] == "t0ken"
    assert given["INPUT_REGISTRY-PASSWORD"] == job.token
    assert given["INPUT_REGISTRY-USERNAME"] == "octocat"
    assert given["INPUT_PUSH"] == "true"
    assert given["INPUT_ONLY"] == ""
    assert given["HOME"] == "/github/home"
    assert given["GITHUB_REF_NAME"] == "v1"
    assert given["EXTRA"] == "1"
    assert (tmp_path / "workspace/left").exists()
    assert result.first_line_s is not None
    assert 0 < result.first_line_s <= result.seconds


def test_unknown_input_is_refused(runner: Runner) -> None:
    with pytest.raises(ValueError, match="hub-tokn"):
        runner.run(jobs.tag_push("v1", "1" * 40), {"hub-tokn": ""})


def test_cancel_reaches_the_action(runner: Runner, engine: Engine) -> None:
    step = runner.start(jobs.tag_push("v1", "1" * 40), {"images-dir": "wait"})
    step.wait_for("waiting")
    step.cancel()
    assert step.wait(timeout_s=20).exit_code == 130
    assert step.container not in engine.text("ps", "--all", "--format", "{{.Names}}")
