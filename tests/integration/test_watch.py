"""The watch over processes does see what it is there to see."""

import os
import secrets
import subprocess
import time
from pathlib import Path

from tests.bed.watch import watching

SECRET = secrets.token_hex(12)
"""Of this worker's alone: others watch the same machine at the same time."""


def _run_tool(tmp_path: Path, argument: str, **env: str) -> None:
    tool = tmp_path / "docker"
    tool.symlink_to("/bin/sleep")
    with subprocess.Popen([str(tool), "0.6", argument], env={**os.environ, **env}) as process:
        process.wait()


def test_a_secret_in_arguments_is_seen() -> None:
    with watching([SECRET]) as watch:
        time.sleep(0.05)
        subprocess.run(["sh", "-c", f"sleep 0.5; : {SECRET}"], check=True)
    assert watch.in_arguments == {"sh"}


def test_a_secret_in_the_room_of_a_tool_is_seen(tmp_path: Path) -> None:
    with watching([SECRET]) as watch:
        _run_tool(tmp_path, "0.1", TOKEN=SECRET)
    assert "docker" in watch.tools
    assert watch.in_environment == {"docker"}
    assert watch.in_arguments == set()


def test_nothing_is_seen_where_nothing_is(tmp_path: Path) -> None:
    with watching([SECRET]) as watch:
        _run_tool(tmp_path, "0.1")
    assert watch.looks > 2
    assert (watch.in_arguments, watch.in_environment) == (set(), set())
