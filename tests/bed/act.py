"""`make e2e-act`: publish.yaml and preview.yaml whole, every line as it stands, under nektos/act.

act reads the workflows, resolves their expressions, and runs the steps in a job's container as the
runner does. The repository is a scratch one with the workflows and the action of this checkout, of
which two defaults lead to the stand-ins (registry and Hub). What GitHub alone has, act has not:

* other actions are not fetched: a step with one does nothing (act has put the work tree in place,
  so a checkout is done);
* the job's container is `debian:trixie-slim`, where the runner's tools (`gh`, node) are missing:
  only steps that may fail use them;
* act builds images without BuildKit, so action.yml names an image, as on a release's tag.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.bed import bases
from tests.bed.engine import Engine, default_engine, prefer_distribution_client
from tests.bed.registry import Registry, running_registry
from tests.bed.runner import build_action
from tests.bed.scratch import ScratchRepository
from tests.standins.github import running_github
from tests.standins.hub.server import HubStandIn, running_hub

ROOT: Final = Path(__file__).resolve().parents[2]
WORKFLOWS: Final = ("publish.yaml", "preview.yaml")
NAME: Final = "octo-act/images"
BASE: Final = "debian:trixie-slim"
_USES: Final = re.compile(r"uses: ([\w.-]+/[\w./-]+@[0-9a-f]{40})")
_NOTHING: Final = """\
name: nothing
description: Stands for an action of another repository.
runs:
  using: composite
  steps: [{run: ":", shell: sh}]
"""
_IDENTITY: Final = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
"""What a job with `id-token: write` is given; the step that would use it does nothing here."""
_USER: Final = "octo.3bot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One scratch repository, and the world that its workflows see."""

    program: str
    repository: ScratchRepository
    registry: Registry
    hub: HubStandIn
    api_url: str
    home: Path
    owner: str

    def run(self, workflow: str, event: str, payload: dict[str, Any]) -> str:
        """Run a workflow to its end; return the log, or raise with it."""
        file = self.home / "event.json"
        file.write_text(json.dumps(payload))
        nothing = self.home / "nothing"
        nothing.mkdir(exist_ok=True)
        (nothing / "action.yml").write_text(_NOTHING)
        used = sorted(set(_USES.findall((ROOT / ".github/workflows" / workflow).read_text())))
        command = [
            self.program, event, "--workflows", f".github/workflows/{workflow}",
            "--eventpath", str(file), "--bind", "--network", "host", "--pull=false",
            "--platform", f"ubuntu-24.04={BASE}", "--env", f"GITHUB_API_URL={self.api_url}",
            "--env", f"GITHUB_REPOSITORY={NAME}", "--secret", "TFHUB_TOKEN",
            *(word for name in _IDENTITY for word in ("--env", f"{name}=http://127.0.0.1:9/")),
            *(word for action in used for word in ("--local-repository", f"{action}={nothing}")),
        ]  # fmt: skip
        done = subprocess.run(
            command,
            cwd=self.repository.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home),
                "XDG_CONFIG_HOME": str(self.home),
                "TFHUB_TOKEN": self.hub.tokens.issue(_USER),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SystemExit(f"{workflow} failed under act:\n{done.stdout[-8000:]}")
        return done.stdout


@contextmanager
def running_act(engine: Engine, folder: Path, program: str) -> Iterator[Act]:
    """Plant the repository and start what its workflows ask."""
    owner = NAME.partition("/")[0]
    repository = ScratchRepository(folder / "images")
    with (
        running_registry() as registry,
        running_hub(folder / "hub") as hub,
        running_github(repository.folder, name=NAME) as github,
    ):
        text = (ROOT / "action.yml").read_text()
        for old, new in (
            ("image: Dockerfile", f"image: docker://{build_action(engine)}"),
            ("https://hub.grid.tf", hub.url),
        ):
            assert old in text
            text = text.replace(old, new)
        repository.write("action.yml", _with_default(text, "registry", f"{registry.host}/{owner}"))
        for workflow in WORKFLOWS:
            path = f".github/workflows/{workflow}"
            repository.write(path, (ROOT / path).read_text())
        home = folder / "home"
        home.mkdir()
        yield Act(
            program=program,
            repository=repository,
            registry=registry,
            hub=hub,
            api_url=github.url,
            home=home,
            owner=owner,
        )


def _with_default(text: str, name: str, value: str) -> str:
    """action.yml with another default of one input."""
    found, count = re.subn(
        rf"(\n  {name}:\n(?:    .*\n)*?    default: ).*\n", rf"\g<1>{value}\n", text
    )
    assert count == 1, f"action.yml has no default of {name}"
    return found


def main() -> int:
    program = shutil.which("act")
    if program is None:
        print("act is not installed: https://nektosact.com/installation/", file=sys.stderr)
        return 2
    prefer_distribution_client()
    engine = default_engine()
    bases.ensure_base(engine, BASE)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_act(engine, Path(folder), program) as act,
    ):
        check_publish(act)
        check_preview(act)
    return 0


def check_publish(act: Act) -> None:
    """A tag is pushed: image and flist are there under the release's name."""
    act.repository.write("images/small/Dockerfile", f'FROM {BASE}\nCOPY word /\nCMD ["true"]\n')
    act.repository.write("images/small/word", "one\n")
    commit = act.repository.commit("One", tag="v1")
    repository = {"full_name": NAME, "default_branch": "main"}
    payload = {"ref": "refs/tags/v1", "after": commit, "repository": repository}
    act.run("publish.yaml", "push", payload)
    assert (act.registry.data / f"docker/registry/v2/repositories/{act.owner}/small").is_dir()
    made = f"{act.registry.host}/{act.owner}/small-v1.flist".replace("/", "-").replace(":", "-")
    assert ("GET", f"/api/flist/{_USER}/{made}/light") in act.hub.calls, act.hub.calls
    print("publish.yaml: done")


def check_preview(act: Act) -> None:
    """A pull request changes the image: it is planned and built, and nothing is uploaded."""
    since = len(act.registry.accesses())
    base = act.repository.git("rev-parse", "HEAD")
    act.repository.write("images/small/word", "two\n")
    head = act.repository.commit("Two")
    pull = {"number": 7, "base": {"ref": "main", "sha": base}, "head": {"ref": "b", "sha": head}}
    payload = {"action": "synchronize", "number": 7, "pull_request": pull}
    log = act.run("preview.yaml", "pull_request", payload)
    assert "This change touches **1 image**" in log, log[-8000:]
    assert act.registry.uploads(since) == ()
    print("preview.yaml: done")


if __name__ == "__main__":
    sys.exit(main())
