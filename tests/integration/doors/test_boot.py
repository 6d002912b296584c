"""`boot`: in by exactly the printed command; gone, container and all, when a signal ends it."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bed.bases import BaseImage
from tests.bed.engine import Engine
from tests.bed.images import ZINIT
from tests.bed.scratch import ScratchRepository

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[3]
LIMIT_S = 60


@contextmanager
def booting(image: str, repo: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tfimages_action", "boot", image, "--repo", str(repo)]
    with subprocess.Popen(
        [*command, "--registry", "127.0.0.1:1/booted", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines_until(process: subprocess.Popen[str], word: str) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if word in line:
            return lines
    raise AssertionError("it ended:\n" + "".join(lines))


def containers(engine: Engine, image: str) -> list[str]:
    return [
        name
        for name in engine.text("ps", "-a", "--format={{.Image}}").splitlines()
        if image in name
    ]


def said_inside(command: str, script: str) -> list[str]:
    """What a script prints there: tried as a person would, again until its server is up."""
    program, *arguments = shlex.split(command)
    until = time.monotonic() + LIMIT_S
    while True:
        tried = subprocess.run(
            [program, "-o", "BatchMode=yes", *arguments, script],
            capture_output=True,
            text=True,
            check=False,
        )
        if tried.returncode == 0:
            return tried.stdout.split()
        assert time.monotonic() < until, tried.stderr
        time.sleep(0.5)


def ended(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    return process.wait(LIMIT_S)


@pytest.fixture
def scratch(tmp_path: Path, base_image: BaseImage) -> ScratchRepository:
    repository = ScratchRepository(tmp_path / "repository")
    # A name and an image of its own: another worker may run the same test at the same time.
    name = f"boot-{uuid.uuid4().hex}"
    repository.write(
        f"images/{name}/Dockerfile",
        f'FROM {base_image.reference}\nLABEL test={name}\nCMD ["/bin/sleep", "600"]\n',
    )
    slow = f"FROM {base_image.reference}\nRUN echo slow {tmp_path} && sleep 600\n"
    repository.write(f"images/{name}-slow/Dockerfile", slow)
    repository.commit("one", tag="v1")
    return repository


@pytest.fixture
def name(scratch: ScratchRepository) -> str:
    return min(path.name for path in (scratch.folder / "images").iterdir())


def test_the_printed_command_leads_in(base_image: BaseImage) -> None:
    assert base_image.reference
    stand_in = f"--build-context=zinit={ZINIT['zinit']}"
    with booting("debian:trixie-slim", ROOT, stand_in) as process:
        lines = lines_until(process, "Ctrl-C ends it")
        (command,) = (line.strip() for line in lines if line.startswith("  ssh "))
        assert said_inside(command, "id -un; cat /proc/1/comm") == ["root", "zinit"]
        lines_until(process, "Its SSH server is up.")
        assert ended(process, signal.SIGINT) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_leaves_nothing(
    engine: Engine, scratch: ScratchRepository, name: str, number: signal.Signals
) -> None:
    with booting(name, scratch.folder) as process:
        lines_until(process, "Ctrl-C ends it")
        assert len(containers(engine, name)) == 1
        assert ended(process, number) == 0
    assert containers(engine, name) == []
    assert name not in engine.text("images", "--format={{.Repository}}")


def test_json_is_one_line_and_says_how_to_reach_it(scratch: ScratchRepository, name: str) -> None:
    command = [sys.executable, "-m", "tfimages_action", "boot", name, "--for", "1", "--json"]
    command += ["--repo", str(scratch.folder), "--registry", "127.0.0.1:1/booted"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["image"] == name
    assert told["ssh"].startswith("ssh ")


def test_a_signal_ends_the_build_too(scratch: ScratchRepository, name: str) -> None:
    with booting(f"{name}-slow", scratch.folder) as process:
        lines_until(process, "build ...")
        time.sleep(2)
        assert ended(process, signal.SIGINT) == 130


def test_what_can_not_be_built_is_told_with_its_log(
    scratch: ScratchRepository, name: str, base_image: BaseImage
) -> None:
    scratch.write(
        f"images/{name}/Dockerfile", f"FROM {base_image.reference}\nRUN echo why; false\n"
    )
    with booting(name, scratch.folder) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        assert process.wait(LIMIT_S) == 1
    assert "why" in said
    assert f"{name}: build failed: " in said
