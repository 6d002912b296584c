"""Runs the action as GitHub's runner runs a container action, and reads what it leaves behind.

After actions/runner, `ContainerActionHandler.cs` and `DockerCommandManager.cs`: the environment by
`-e NAME`, the five mounts and the engine's socket, `/github/workspace` as working directory, a
label, `--rm`, no terminal, no standard input, no `--user`, no `--init`. Inputs with their defaults,
and the arguments, are read from action.yml.

One thing is not as there: the container shares this machine's network (`--network host`) where the
runner makes a network per job. The registry and the stand-ins listen on loopback alone, since an
engine trusts no other address without TLS.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import threading
import time
import uuid
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import yaml

from tests.bed.commands import Annotation, Said, read_log, read_pairs
from tests.bed.engine import Engine, client
from tests.bed.jobs import Job

ACTION: Final = Path(__file__).resolve().parents[2] / "action.yml"
_EXPRESSION = re.compile(r"\$\{\{\s*github\.(?P<name>\w+)\s*\}\}")
_RUNNER_UID: Final = 1001
RUNTIME_TOKEN: Final = f"runtime-token-{secrets.token_hex(8)}"
"""What the job's services take: no business of a child process."""
_FILE_COMMANDS: Final = ("output", "step_summary", "env", "path", "state")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What one step did. `raw` is everything that it wrote, before any masking."""

    exit_code: int
    raw: str
    said: Said
    outputs: Mapping[str, str]
    summary: str
    seconds: float
    first_line_s: float | None
    """From `docker run` to the first line of the log."""

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        return self.said.annotations

    @property
    def log(self) -> str:
        return "\n".join(self.said.lines)

    def output(self, name: str) -> Any:
        """Return an output that holds JSON."""
        return json.loads(self.outputs[name])


class Runner:
    """A runner's machine: one work folder, one workspace, any number of steps."""

    def __init__(
        self, engine: Engine, *, image: str, work: Path, workspace: Path, action: Path = ACTION
    ) -> None:
        self._engine = engine
        self._image = image
        self._work = work
        self._workspace = workspace
        self._action = yaml.safe_load(action.read_text())
        self.temp = work / "_temp"
        for folder in ("_github_home", "_github_workflow", "_runner_file_commands"):
            (self.temp / folder).mkdir(parents=True, exist_ok=True)

    @property
    def home(self) -> Path:
        """`HOME` of every container action of the job: what is left there leaks to the next."""
        return self.temp / "_github_home"

    def run(
        self,
        job: Job,
        inputs: Mapping[str, str] | None = None,
        *,
        env: Mapping[str, str] | None = None,
    ) -> StepResult:
        """Run the step to its end."""
        return self.start(job, inputs, env=env).wait()

    def start(
        self,
        job: Job,
        inputs: Mapping[str, str] | None = None,
        *,
        env: Mapping[str, str] | None = None,
    ) -> Step:
        """Start the step; `env` is the workflow's `env:`. An unknown input is an error here."""
        _give_to_runner(self._workspace)
        (self.temp / "_github_workflow/event.json").write_text(json.dumps(job.payload))
        files = self._command_files()
        variables = {
            **job.variables(),
            **_places(files),
            **self._inputs(job, inputs or {}),
            **(env or {}),
        }
        name = f"tfimages_{uuid.uuid4().hex}"
        command = [client(), "--host", self._engine.host, "run", "--name", name]
        command += ["--label", "5588e4", "--workdir", "/github/workspace", "--rm"]
        for variable in sorted(variables):
            command += ["-e", variable]
        command += ["-e", "GITHUB_ACTIONS=true", "-e", "CI=true", "--network", "host"]
        for source, target in self._mounts():
            command += ["-v", f"{source}:{target}"]
        arguments = self._action["runs"].get("args", ())
        return Step([*command, self._image, *arguments], variables, files, name, self._engine)

    def _inputs(self, job: Job, given: Mapping[str, str]) -> dict[str, str]:
        known: dict[str, dict[str, Any]] = self._action["inputs"]
        if unknown := set(given) - set(known):
            raise ValueError(f"action.yml has no input {', '.join(sorted(unknown))}")
        context = job.context()
        values = {}
        for name, spec in known.items():
            default = str(spec.get("default", ""))
            text = _EXPRESSION.sub(lambda hit: context[hit["name"]], default)
            # Upper case, spaces to underscores; hyphens stay.
            values[f"INPUT_{name.upper().replace(' ', '_')}"] = given.get(name, text)
        return values

    def _command_files(self) -> dict[str, Path]:
        folder = self.temp / "_runner_file_commands"
        files = {kind: folder / f"{kind}_{uuid.uuid4()}" for kind in _FILE_COMMANDS}
        for file in files.values():
            file.touch()
        return files

    def _mounts(self) -> list[tuple[Path, str]]:
        return [
            (self._engine.socket, "/var/run/docker.sock"),
            (self.temp, "/github/runner_temp"),
            (self.temp / "_github_home", "/github/home"),
            (self.temp / "_github_workflow", "/github/workflow"),
            (self.temp / "_runner_file_commands", "/github/file_commands"),
            (self._workspace, "/github/workspace"),
        ]


class Step:
    """A step under way."""

    def __init__(
        self,
        command: list[str],
        variables: Mapping[str, str],
        files: Mapping[str, Path],
        name: str,
        engine: Engine,
    ) -> None:
        self.container = name
        self._files = files
        self._engine = engine
        self._lines: list[str] = []
        self._first_line: float | None = None
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            command,
            env={"PATH": os.environ["PATH"], **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._reader = threading.Thread(
            target=self._read, args=(self._process.stdout,), daemon=True
        )
        self._reader.start()

    @property
    def so_far(self) -> str:
        return "".join(self._lines)

    def cancel(self) -> None:
        """Cancel as the runner does at first: SIGINT to its `docker run`, which passes it on."""
        self._process.send_signal(signal.SIGINT)

    def terminate(self) -> None:
        """Go on as the runner does 7.5 s later."""
        self._process.terminate()

    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def client_pid(self) -> int:
        """The harness's own `docker run`, which hands the inputs over."""
        return self._process.pid

    def wait_for(self, text: str, timeout_s: float = 60) -> None:
        """Wait until the log has `text`; raises when the step ends or the time is up before."""
        until = time.monotonic() + timeout_s
        while text not in self.so_far:
            if not self.running() or time.monotonic() > until:
                raise AssertionError(f"the step never said {text!r}:\n{self.so_far}")
            time.sleep(0.05)

    def wait(self, timeout_s: float = 1800) -> StepResult:
        """Wait for the end and read outputs and summary; a broken command file raises."""
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._engine.docker("rm", "--force", self.container, check=False)
            raise
        self._reader.join()
        seconds = time.monotonic() - self._started
        first = self._first_line
        return StepResult(
            exit_code=code,
            raw=self.so_far,
            said=read_log(self.so_far),
            outputs=read_pairs(self._files["output"].read_text()),
            summary=self._files["step_summary"].read_text(),
            seconds=seconds,
            first_line_s=None if first is None else first - self._started,
        )

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                if self._first_line is None:
                    self._first_line = time.monotonic()
                self._lines.append(line)


def build_action(engine: Engine, root: Path = ACTION.parent) -> str:
    """Build the action's image as the runner does when a job is set up; return its name."""
    # One name per checkout: the image that it leaves behind is dropped.
    name = f"tfimages-action:{zlib.crc32(bytes(root)):08x}"
    before = engine.docker("images", "--quiet", "--no-trunc", name).stdout.decode().strip()
    built = subprocess.run(
        [client(), "--host", engine.host, "build", "--quiet", "--tag", name, str(root)],
        env={**os.environ, "DOCKER_BUILDKIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode != 0:
        raise RuntimeError(f"the action's image can't be built:\n{built.stderr[-4000:]}")
    if before and before != built.stdout.strip():
        engine.docker("rmi", before, check=False)
    return name


def _places(files: Mapping[str, Path]) -> dict[str, str]:
    commands = {
        f"GITHUB_{kind.upper()}": f"/github/file_commands/{file.name}"
        for kind, file in files.items()
    }
    return {
        **commands,
        "GITHUB_EVENT_PATH": "/github/workflow/event.json",
        "GITHUB_WORKSPACE": "/github/workspace",
        "HOME": "/github/home",
        "RUNNER_ARCH": "X64",
        "RUNNER_ENVIRONMENT": "github-hosted",
        "RUNNER_NAME": "GitHub Actions 7",
        "RUNNER_OS": "Linux",
        "RUNNER_TEMP": "/github/runner_temp",
        "RUNNER_TOOL_CACHE": "/opt/hostedtoolcache",
        "RUNNER_WORKSPACE": "/home/runner/work/images",
        "ACTIONS_CACHE_URL": "https://example.invalid/cache/",
        "ACTIONS_RESULTS_URL": "https://example.invalid/results/",
        "ACTIONS_RUNTIME_URL": "https://example.invalid/runtime/",
        "ACTIONS_RUNTIME_TOKEN": RUNTIME_TOKEN,
    }


def _give_to_runner(folder: Path) -> None:
    """Let the checkout belong to the runner's user, as there: the action is root and sees it so."""
    if os.geteuid() != 0:
        return
    for path in (folder, *folder.rglob("*")):
        with suppress(FileNotFoundError):
            os.chown(path, _RUNNER_UID, _RUNNER_UID, follow_symlinks=False)
