"""Record docs/session.txt: plan, edit, plan again, publish without a Hub, look into an flist.

Types the commands into a real terminal (tmux) and keeps what that shows. Needs tmux and an engine.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from tests.bed import bases
from tests.bed.engine import default_engine, prefer_distribution_client
from tests.bed.registry import running_registry
from tests.bed.scratch import ScratchRepository

ROOT: Final = Path(__file__).resolve().parents[1]
PLACE: Final = ROOT / "build" / "session"
SESSION: Final = f"tfimages-{os.getpid()}"
READY: Final = "$ "
WIDTH: Final = 130
LIMIT_S: Final = 300
ENOUGH: Final = 25
"""A longer answer is cut in the text."""


def main() -> None:
    prefer_distribution_client()
    bases.ensure_base(default_engine(), "debian:trixie-slim")
    shutil.rmtree(PLACE, ignore_errors=True)
    repository = first_release(PLACE / "images-of-mine")
    with running_registry(PLACE / "registry") as registry:
        namespace = f"{registry.host}/me"
        try:
            open_terminal(repository.folder, namespace)
            shown = [ask(command) for command in commands(namespace)]
        finally:
            tmux("kill-session", "-t", SESSION)
    text = "\n".join(shown).replace(registry.host, "127.0.0.1:5000")
    text = text.replace(registry.host.replace(":", "-"), "127.0.0.1-5000")
    (ROOT / "docs" / "session.txt").write_text(text + "\n")


def first_release(folder: Path) -> ScratchRepository:
    """Make three images, two of them one on the other, and tag them."""
    repository = ScratchRepository(folder)
    repository.write("images/base/Dockerfile", "FROM debian:trixie-slim\nCOPY motd /etc/motd\n")
    repository.write("images/base/motd", "welcome\n")
    repository.write(
        "images/web/Dockerfile", "ARG REGISTRY\nFROM ${REGISTRY}/base\nCOPY www /srv\n"
    )
    repository.write("images/web/www/index.html", "<h1>Hello</h1>\n")
    repository.write("images/tool/Dockerfile", "FROM debian:trixie-slim\nRUN echo 1 > /version\n")
    repository.commit("The first release", tag="v1")
    return repository


def commands(namespace: str) -> tuple[str, ...]:
    flists = "build/flists/" + namespace.replace("/", "-").replace(":", "-")
    return (
        "tfimages plan",
        "tfimages publish --local",
        "echo 'welcome back' > images/base/motd",
        "tfimages plan --worktree",
        "tfimages explain web --worktree",
        "git commit -qam 'Greet again' && git tag v2",
        "tfimages publish --local",
        f"tfimages flist ls {flists}-web-latest.flist /srv",
        f"tfimages flist diff {flists}-web-v1.flist {flists}-web-v2.flist",
    )


def open_terminal(folder: Path, namespace: str) -> None:
    start = PLACE / "start"
    start.write_text(
        f"PS1='{READY}'\nexport PYTHONPATH={ROOT} TFIMAGES_REGISTRY={namespace}\n"
        f'tfimages() {{ {sys.executable} -m tfimages_action "$@"; }}\n'
    )
    size = ("-x", str(WIDTH), "-y", "50")
    shell = f"bash --noprofile --rcfile {start} -i"
    tmux("new-session", "-d", "-s", SESSION, *size, "-c", str(folder), shell)
    time.sleep(2)


def ask(command: str) -> str:
    """Type a command; give what the terminal shows of it once the prompt is back."""
    tmux("send-keys", "-t", SESSION, "clear", "Enter")
    tmux("clear-history", "-t", SESSION)
    time.sleep(0.5)
    tmux("send-keys", "-t", SESSION, "-l", command)
    tmux("send-keys", "-t", SESSION, "Enter")
    end, text = time.monotonic() + LIMIT_S, ""
    while time.monotonic() < end:
        time.sleep(0.5)
        shown = tmux("capture-pane", "-p", "-J", "-S", "-", "-t", SESSION)
        text = "\n".join(line.rstrip() for line in shown.splitlines()).rstrip()
        if re.search(r"\n\$$", text):
            start = text.index(f"{READY}{command[:20]}")
            return _cut(text[start:].removesuffix("\n$"))
    raise TimeoutError(f"no prompt after {command}:\n{text}")


def _cut(text: str) -> str:
    lines = text.rstrip().splitlines()
    if len(lines) > ENOUGH:
        lines = [*lines[:ENOUGH], f"... ({len(lines) - ENOUGH} more lines)"]
    return "\n".join(lines) + "\n"


def tmux(*arguments: str) -> str:
    done = subprocess.run(["tmux", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    main()
