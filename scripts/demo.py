"""`make demo`: two releases of a scratch copy of this repository's Debian images, published here.

The engine, the registry, every build, push and flist are real; the flists are made here, without
a Hub (`--local`). Everything is left under build/demo to look at.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Final

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
    """Publish v1 and v2; return the exit code of the first release that fails."""
    prefer_distribution_client()
    engine = default_engine()
    for wanted in BASES:
        base = bases.ensure_base(engine, wanted)
        say(f"{base.reference}: {base.origin}")
    shutil.rmtree(DEMO, ignore_errors=True)
    scratch = first_release()
    with running_registry(DEMO / "registry") as registry:
        try:
            return releases(scratch, registry)
        finally:
            drop_images(engine, registry)


def releases(scratch: ScratchRepository, registry: Registry) -> int:
    """Plan and publish v1, then v2, in which one page changed."""
    say("the Debian images alone: Ubuntu's and Arch's bases come from Docker Hub")
    contexts = zinit_context()
    began = time.monotonic()
    code = release("v1", scratch, registry, contexts)
    if code == 0:
        scratch.write(_PAGE, "<h1>Hello again</h1>\n")
        scratch.commit("Greet again", tag="v2")
        code = release("v2", scratch, registry, contexts)
    say(f"{time.monotonic() - began:.0f} s for both releases")
    print_closing_table()
    say(f"the flists in {FLISTS}")
    for flist in sorted(FLISTS.glob("*.flist")):
        target = f" -> {flist.readlink()}" if flist.is_symlink() else ""
        print(f"  {flist.name}{target}")
    say(f"the job summaries are {DEMO}/summary-v1.md and -v2.md")
    return code


def first_release() -> ScratchRepository:
    """Copy the Debian images into a repository of their own, with a page built on them."""
    scratch = ScratchRepository(DEMO / "repository")
    for name in ("ssh", "deb-base"):
        scratch.copy(ROOT / "images" / name, f"images/{name}")
    scratch.write("images/images.yaml", (ROOT / "images/images.yaml").read_text())
    scratch.write(
        "images/hello/Dockerfile",
        "ARG REGISTRY\nFROM ${REGISTRY}/debian:trixie-slim\nCOPY index.html /srv/www/\n",
    )
    scratch.write(_PAGE, "<h1>Hello</h1>\n")
    scratch.commit("The first release", tag="v1")
    return scratch


def release(tag: str, scratch: ScratchRepository, registry: Registry, contexts: list[str]) -> int:
    """Plan and publish one release by the commands that anyone would type."""
    common = ["--repo", str(scratch.folder), "--registry", f"{registry.host}/demo"]
    common += ["--current", tag, "--only", "debian:*", *contexts]
    summary = ["--summary", str(DEMO / f"summary-{tag}.md")]
    summary += ["--report", str(DEMO / f"report-{tag}.json")]
    local = ["--local", "--flist-dir", str(FLISTS)]
    return tfimages("plan", *common) or tfimages("publish", *common, *local, *summary)


def print_closing_table() -> None:
    """Say how each image fared in each release, from the reports that the runs wrote."""
    table = Table("release", "image", "outcome", "digest", "flist")
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


def tfimages(*command: str) -> int:
    """Run one command in a process of its own; return its exit code."""
    say(f"tfimages {' '.join(command)}")
    return subprocess.run(
        [sys.executable, "-m", "tfimages_action", *command], cwd=ROOT, check=False
    ).returncode


def zinit_context() -> list[str]:
    """Take zinit from its release; where that is out of reach, the stand-in of the tests."""
    try:
        with urllib.request.urlopen(_ZINIT, timeout=10):
            return []
    except OSError:
        say("zinit's release is out of reach: the tests' stand-in for it takes its place")
        return ["--build-context", f"zinit={ROOT / 'tests/standins/zinit'}"]


def drop_images(engine: Engine, registry: Registry) -> None:
    """Leave the engine as it was, its build cache excepted: a second demo is fast by it."""
    listed = engine.text("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
    own = (f"{registry.host}/demo/", "tfimages.local/")
    made = [name for name in listed if name.startswith(own) and "/demo/" in name]
    if made:
        engine.docker("rmi", "--force", *made, check=False)


def say(text: str) -> None:
    print(f"\n== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
