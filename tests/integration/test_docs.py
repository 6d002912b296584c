"""The documents' commands are run, in a repository like the one that they speak of.

Every `sh` block and every `tfimages ...` in a sentence, once each. What can't run here stands in
one table with its reason; `IMAGE` and the like, and `...`, mark what is a form and no command.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from scripts import session
from tests.bed.bases import BaseImage
from tests.bed.registry import Registry, running_registry
from tests.bed.scratch import ScratchRepository
from tests.standins.hub.server import HubStandIn, running_hub

pytestmark = pytest.mark.engine

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
BLOCK: Final = re.compile(r"^```(?:sh|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN: Final = re.compile(r"`((?:tfimages|make|python) [^`]+|[\w./]*python -m [^`]+)`")
FORM: Final = re.compile(r"\b[A-Z]{4,}\b(?!=)|\.\.\.|\w\|\w")
NAME: Final = re.compile(r"tfimages (?:(?:hub|flist) )?\w+")
"""Of a command, in a sentence: not one to be typed."""
NOT_HERE: Final = {
    "python3 -m venv": "takes a minute; the action's own image is installed so",
    "make ": "these very tests are run by it; that the target exists is held below",
    "eval ": "the reader's own shell; what it evaluates is held in tests/unit/doors",
    "tfimages completion fish |": "the same",
    "python -m scripts.": "needs a browser or tmux",
    "python -m benchmarks.": "takes minutes and shows no fault; `make bench` runs it",
    "python -m tests.standins.hub": "runs until it is stopped; the tests start it otherwise",
    ".venv/bin/python -m pytest": "a test in a test; that its file exists is held below",
    "tfimages adopt": "needs a repository of the script: tests/integration/doors/test_adopt.py",
    "tfimages pin": "finds what is not ok here: tests/integration/test_pin.py",
    "tfimages doctor": "finds what is not ok here, as it should: tests/unit/doors/doctor",
    "tfimages boot fullvm/": "minutes without KVM: tests/integration/images/test_vm.py",
    "tfimages check fullvm/": "the same",
}
ADDED: Final = {
    "tfimages boot": "--for 1",
    "tfimages publish": "--report tfimages-report.json",
}
"""What goes on until Ctrl-C ends by itself here; a run leaves the report that another reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    page: str
    text: str


def commands() -> Iterator[Command]:
    seen = set()
    for page in PAGES:
        text = page.read_text()
        lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
        spans = [span for span in SPAN.findall(BLOCK.sub("", text)) if not NAME.fullmatch(span)]
        for found in (*lines, *spans):
            command = found.partition(" #")[0].strip().removeprefix("$ ")
            command = command.replace(".venv/bin/tfimages", "tfimages")
            if command and command not in seen and not FORM.search(command):
                seen.add(command)
                yield Command(page=page.name, text=command)


def here(command: Command) -> bool:
    return not any(command.text.startswith(start) for start in NOT_HERE)


class Reader:
    """Somebody who follows the documents, in a repository of their own."""

    def __init__(self, folder: Path, registry: Registry, hub: HubStandIn) -> None:
        self.repository = first_images(folder / "repository")
        self._host = registry.host
        programs = folder / "bin"
        programs.mkdir()
        program = programs / "tfimages"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tfimages_action "$@"\n')
        program.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if name != "GITHUB_ACTIONS"}
        self._environment = {
            **kept,
            "HOME": str(folder),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "NO_COLOR": "1",
            "TFHUB_TOKEN": hub.tokens.issue("you.3bot"),
            "TFIMAGES_HUB_URL": hub.url,
            "TFIMAGES_REGISTRY": f"{registry.host}/me",
            **{f"GIT_{role}_{key}": f"{key}@example.org".lower()
               for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")},
        }  # fmt: skip

    def translated(self, text: str) -> str:
        """The same with the places that there are here."""
        for start, end in ADDED.items():
            if text.startswith(start):
                text = f"{text} {end}"
        text = text.replace("ghcr.io/you", f"{self._host}/you")
        text = text.replace("127.0.0.1:5000", self._host)
        return text.replace("127.0.0.1-5000", self._host.replace(":", "-"))

    def shown(self, text: str) -> str:
        """Back to the names that the documents have."""
        text = text.replace(self._host, "127.0.0.1:5000")
        return text.replace(self._host.replace(":", "-"), "127.0.0.1-5000")

    def run(self, text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", self.translated(text)],
            cwd=self.repository.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def first_images(folder: Path) -> ScratchRepository:
    """Make the images that the documents name, on one base."""
    repository = session.first_release(folder)
    repository.write("images/shop/Dockerfile", "ARG REGISTRY\nFROM ${REGISTRY}/web\n")
    repository.write(
        "images/deb-base/Dockerfile",
        'FROM debian:trixie-slim\nARG RELEASE\nCMD ["/bin/sleep", "600"]\n',
    )
    repository.write(
        "images/deb-base/image.yaml", 'variants: [{name: "ubuntu:24.04", args: {RELEASE: noble}}]\n'
    )
    repository.commit("All that the documents speak of", tag="v1.1")
    return repository


@pytest.fixture
def registry() -> Iterator[Registry]:
    """One for each reader: a release of the same files would be found there already."""
    with running_registry() as running:
        yield running


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubStandIn]:
    with running_hub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def reader(tmp_path: Path, base_image: BaseImage, registry: Registry, hub: HubStandIn) -> Reader:
    assert base_image.reference
    return Reader(tmp_path / "reader", registry, hub)


def test_each_command_of_the_documents_works(reader: Reader) -> None:
    wanted = [command for command in commands() if here(command)]
    assert len(wanted) > 10
    # What only reads an flist needs the one that a release makes, wherever they stand.
    ordered = sorted(wanted, key=lambda command: "publish" not in command.text)
    failed = []
    for command in ordered:
        done = reader.run(command.text)
        if done.returncode != 0 or "Traceback" in done.stderr:
            failed.append(f"{command.page}: {command.text}\n{done.stdout}{done.stderr}")
    assert not failed, "\n\n".join(failed)


def test_what_is_not_run_here_is_in_the_documents() -> None:
    found = [command.text for command in commands()]
    for start in NOT_HERE:
        assert any(text.startswith(start) for text in found), f"{start!r} is told of no more"


def test_targets_and_files_that_commands_name_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for command in commands():
        words = shlex.split(command.text)
        if words[0] == "make":
            assert f"\n{words[1]}:" in makefile, command.text
        for word in words:
            path = word.removeprefix("TESTS=")
            if path.startswith(("tests/", "docs/", "scripts/")):
                assert (ROOT / path).exists(), command.text


def test_the_recorded_session_is_what_the_terminal_still_says(reader: Reader) -> None:
    """But for times, sizes and digests; `publish` is held by its closing table."""
    shutil.rmtree(reader.repository.folder)
    reader.repository = session.first_release(reader.repository.folder)
    recorded = (ROOT / "docs/session.txt").read_text()
    parts = re.split(r"^\$ (.+)\n", recorded, flags=re.MULTILINE)[1:]
    for text, said in zip(parts[::2], parts[1::2], strict=True):
        done = reader.run(text)
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        assert told(reader.shown(done.stdout)) == told(said), text


def told(text: str) -> list[str]:
    """What stays from run to run: words, without progress, widths and measures."""
    kept = [line for line in text.splitlines() if not re.match(r"✅|\[ +\d+:\d\d\]", line)]
    plain = re.sub(r"\b[0-9a-f]{12,}\b", "#", "\n".join(kept))
    plain = re.sub(r"[+-]?\b\d+(\.\d+)? (min|s|h|MB|kB|GB)\b", "#", plain)
    return sorted(" ".join(line.replace("# #", "#").split()) for line in plain.splitlines() if line)
