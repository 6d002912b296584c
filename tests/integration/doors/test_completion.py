"""The scripts of `tfimages completion` in the shells themselves, which `make setup` installs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ASKED = {
    "bash": """
        eval "$(tfimages completion bash)"
        COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
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
PLAIN = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "bin" / "tfimages"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tfimages_action "$@"\n')
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
