"""`make demo`: two releases of a scratch copy of this repository's Debian images, published here.

The engine, the registry, every build, push and flist are real; the flists are made here, without
a Hub (`--local`). Everything is left under build/demo to look at.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml
from rich.console import Console
from rich.table import Table

from tests.bed import bases
from tests.bed.engine import Engine, default_engine, prefer_distribution_client
from tests.bed.registry import Registry, running_registry
from tests.bed.scratch import ScratchRepository

ROOT: Final = Path(__file__).resolve().parents[1]
DEMO: Final = ROOT / "build" / "demo"
FLISTS: Final = DEMO / "flists"
BASES: Final = ("debian:trixie-slim", "debian:bookworm-slim")
_ZINIT: Final = "https://github.com/threefoldtech/zinit/releases"
_PAGE: Final = "images/hello/index.html"


def main() -> int:
    """Publish v1 and v2; return the exit code of the first step that fails."""
    prefer_distribution_client()
    engine = default_engine()
    for wanted in BASES:
        base = bases.ensure_base(engine, wanted)
        note(f"{base.reference}: {base.origin}")
    shutil.rmtree(DEMO, ignore_errors=True)
    scratch = first_release()
    with running_registry(DEMO / "registry") as registry:
        environment = {
            "TFIMAGES_REGISTRY": f"{registry.host}/demo",
            "TFIMAGES_FLIST_DIR": str(FLISTS),
            **zinit_context(),
        }
        try:
            return releases(scratch, environment)
        finally:
            drop_images(engine, registry)


def releases(scratch: ScratchRepository, environment: Mapping[str, str]) -> int:
    """Publish v1, change one page, ask what that would build, and publish v2."""
    began = time.monotonic()

    def tfimages(*words: str) -> int:
        return run_in(scratch.folder, environment, *words)

    say("The first release: nothing is published yet, so all three images are built.")
    if code := tfimages("publish", "--local", *kept("v1")):
        return code
    say("One page changes. What would that edit rebuild?")
    scratch.write(_PAGE, "<h1>Hello again</h1>\n")
    if code := tfimages("plan", "--worktree"):
        return code
    say("It is committed and tagged v2. The two bases stay as they are.")
    scratch.commit("Greet again", tag="v2")
    if code := tfimages("publish", "--local", *kept("v2")):
        return code
    say("What is in the flist that its stable address serves now?")
    (stable,) = FLISTS.glob("*-hello-latest.flist")
    if code := tfimages("flist", "ls", str(stable), "/srv"):
        return code
    say(f"Both releases took {time.monotonic() - began:.0f} s. Each flist is proved, file by file:")
    print_closing_table()
    note(f"flists: {FLISTS.relative_to(ROOT)}, with {blocks_text()}")
    note(f"job summaries: {DEMO.relative_to(ROOT)}/summary-v1.md, summary-v2.md")
    return 0


def kept(tag: str) -> tuple[str, ...]:
    """Options that keep a release's summary and report beside the repository."""
    return ("--summary", f"../summary-{tag}.md", "--report", f"../report-{tag}.json")


def first_release() -> ScratchRepository:
    """Copy the Debian images into a repository of their own, with a page built on one of them."""
    scratch = ScratchRepository(DEMO / "repository")
    for name in ("ssh", "deb-base"):
        scratch.copy(ROOT / "images" / name, f"images/{name}")
    # Ubuntu's base comes from Docker Hub alone; Debian's can be made where that is out of reach.
    definition = yaml.safe_load((ROOT / "images/deb-base/image.yaml").read_text())
    variants = definition["variants"]
    definition["variants"] = [one for one in variants if one["name"].startswith("debian:")]
    scratch.write("images/deb-base/image.yaml", yaml.safe_dump(definition, sort_keys=False))
    scratch.write("images/images.yaml", (ROOT / "images/images.yaml").read_text())
    scratch.write(
        "images/hello/Dockerfile",
        "ARG REGISTRY\nFROM ${REGISTRY}/debian:trixie-slim\nCOPY index.html /srv/www/\n",
    )
    scratch.write(_PAGE, "<h1>Hello</h1>\n")
    scratch.commit("The first release", tag="v1")
    return scratch


def print_closing_table() -> None:
    """Say how each image fared in each release, from the reports that the runs wrote."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("release", "image", "outcome", "digest", "flist"):
        table.add_column(name)
    for file in sorted(DEMO.glob("report-*.json")):
        for image in json.loads(file.read_text())["images"]:
            flist = image["flist"] or {}
            table.add_row(
                file.stem.removeprefix("report-"),
                image["step"]["image"]["name"],
                image["outcome"],
                (image["digest"] or "")[:19],
                "proved" if flist.get("verified") else "",
            )
    Console().print(table)


def blocks_text() -> str:
    """Say how much the blocks of all flists take together."""
    files = [file for file in FLISTS.rglob("*") if file.is_file() and file.suffix != ".flist"]
    size = sum(file.stat().st_size for file in files) / 1e6
    return f"{size:.0f} MB of blocks, each kept once for all"


def run_in(folder: Path, environment: Mapping[str, str], *words: str) -> int:
    """Run one command in a process of its own, as anyone would type it; return its exit code."""
    shown = " ".join(word.replace(f"{ROOT}/", "") for word in words)
    print(f"$ tfimages {shown}\n", flush=True)
    return subprocess.run(
        [sys.executable, "-m", "tfimages_action", *words],
        cwd=folder,
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
        check=False,
    ).returncode


def zinit_context() -> dict[str, str]:
    """Take zinit from its release; where that is out of reach, the stand-in of the tests."""
    try:
        with urllib.request.urlopen(_ZINIT, timeout=10):
            return {}
    except OSError:
        note("zinit's release is out of reach: the tests' stand-in for it takes its place")
        return {"TFIMAGES_BUILD_CONTEXT": f"zinit={ROOT / 'tests/standins/zinit'}"}


def drop_images(engine: Engine, registry: Registry) -> None:
    """Leave the engine as it was, its build cache excepted: a second demo is fast by it."""
    listed = engine.text("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
    own = (f"{registry.host}/demo/", "tfimages.local/")
    made = [name for name in listed if name.startswith(own) and "/demo/" in name]
    if made:
        engine.docker("rmi", "--force", *made, check=False)


def say(text: str) -> None:
    """Tell the next part of the story."""
    print(f"\n=== {text}\n", flush=True)


def note(text: str) -> None:
    """Add what is good to know beside it."""
    print(f"    {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
