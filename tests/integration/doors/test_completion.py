"""The scripts of `tfimages completion` in the shells themselves, which `make setup` installs."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ASKED = {
    "bash": """
        eval "$(tfimages completion bash)"
        COMP_LINE="{words}" COMP_POINT=${{#COMP_LINE}}
        _tfimages_completion tfimages
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """,
    "zsh": """
        autoload -Uz compinit; compinit -D; eval "$(tfimages completion zsh)"
        compadd() {{ print -l -- ${{(P)@[-1]}} }}
        _describe() {{ print -l -- ${{(P)3}} }}
        words=({words}); CURRENT=$#words
        $_comps[tfimages]
    """,
    "fish": """
        tfimages completion fish | source
        complete --do-complete "{words}"
    """,
}
_LIMIT_S = 30
PLAIN = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "bin" / "tfimages"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\n[ "$TOLD" ] && printf "[%s]" "$@" && exit\n'
        f'exec {sys.executable} -m tfimages_action "$@"\n'
    )
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    return {"PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "TERM": "dumb"}


@pytest.mark.parametrize("shell", ASKED)
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("tfimages pu", {"publish"}),
        ("tfimages explain hero", {"hero", "hero-git"}),
        ("tfimages plan --work", {"--worktree"}),
    ],
    ids=["command", "image", "option"],
)
def test_the_shell_completes(
    shell: str, words: str, offered: set[str], environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [shell, *PLAIN[shell], "-c", ASKED[shell].format(words=words)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    # Zsh and fish have a description behind a colon or a tab.
    found = {line.partition("\t")[0].partition(":")[0] for line in done.stdout.split("\n") if line}
    assert found == offered, done.stderr


class Terminal:
    """A shell at a keyboard."""

    def __init__(self, keyboard: int) -> None:
        self._keyboard = keyboard
        self._said = b""

    def press(self, keys: str) -> None:
        os.write(self._keyboard, keys.encode())

    def wait_for(self, text: str) -> None:
        until = time.monotonic() + _LIMIT_S
        while text.encode() not in self._said:
            ready, _, _ = select.select([self._keyboard], [], [], until - time.monotonic())
            assert ready, self._said.decode()
            self._said += os.read(self._keyboard, 4096)
        self._said = b""


@contextmanager
def at_a_terminal(environment: dict[str, str], *argv: str) -> Iterator[Terminal]:
    keyboard, screen = pty.openpty()
    given = {"cwd": ROOT, "env": environment, "start_new_session": True}
    with subprocess.Popen(argv, stdin=screen, stdout=screen, stderr=screen, **given) as shell:  # type: ignore[call-overload]
        os.close(screen)
        try:
            yield Terminal(keyboard)
        finally:
            shell.kill()
            os.close(keyboard)


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("explain debian:tri", "[explain][debian:trixie-slim]"),
        ("explain ubuntu:", "[explain][ubuntu:2]"),
        ("explain ubuntu:22", "[explain][ubuntu:22.04]"),
        ("explain hero-", "[explain][hero-git]"),
        ("plan --format=ta", "[plan][--format=table]"),
    ],
    ids=["word", "nothing", "digits", "plain", "equals"],
)
def test_what_bash_splits_at_a_colon_is_completed_as_typed(
    typed: str, completed: str, environment: dict[str, str]
) -> None:
    with at_a_terminal(environment, "bash", "--norc", "-i") as bash:
        bash.press('PS1="> "; eval "$(tfimages completion bash)"; echo rea"dy"\n')
        bash.wait_for("ready")
        bash.press(f"TOLD=1 tfimages {typed}\t")
        bash.press("\n")
        bash.wait_for(completed)
