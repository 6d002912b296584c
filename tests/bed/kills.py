"""Runs on real parts that are killed and started again, held against an undisturbed one."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bed.engine import default_engine
from tests.bed.publishing import Place, catalog_of
from tests.bed.scratch import ScratchRepository
from tests.standins.hub.server import HubStandIn
from tfimages_action.adapters.hub.answers import EntryType
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.core.names import fingerprint_reference, short
from tfimages_action.errors import ExitCode

_PARENTS = {"root": "", "left": "root", "right": "root", "leaf": "left", "loner": ""}
_RUN_S = 120


@dataclass(slots=True)
class KillTable:
    """What was done; a run that did not converge raises instead."""

    kills: int = 0
    restarts: int = 0
    kept: int = 0
    """Images that a killed run had pushed, and that no later run built again."""
    events: int = 0
    """Boundaries at which an undisturbed run can be killed."""
    at: list[int] = field(default_factory=list)


def repository(folder: Path) -> Path:
    """Five tiny images, four of them a family; two releases."""
    scratch = ScratchRepository(folder)
    for tag in ("v1", "v2"):
        for name, parent in _PARENTS.items():
            source = f"ARG REGISTRY\nFROM ${{REGISTRY}}/{parent}" if parent else "FROM scratch"
            scratch.write(
                f"images/{name}/Dockerfile",
                f'{source}\nCOPY content /{name}\nCMD ["/{name}"]\n',
            )
            # The loner is the same in both releases.
            version = "v1" if name == "loner" else tag
            scratch.write(f"images/{name}/content", f"{name} of {version}\n")
        scratch.commit(f"release {tag}", tag)
    return scratch.folder


def run(
    folder: Path, tag: str, place: Place, *, kill_at: int = 0, after_s: float | None = None
) -> dict[str, Any] | None:
    """Start a run in a process of its own; what it said, or `None` where it was killed."""
    command = [sys.executable, "-m", "tests.bed.publishing", str(folder), tag]
    command += ["--registry", place.registry, "--hub", place.hub_url, "--token", place.hub_token]
    command += ["--kill-at", str(kill_at)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        said, _ = process.communicate(timeout=_RUN_S if after_s is None else after_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        assert after_s is not None, "a run takes for ever"
        return None
    if process.returncode < 0:
        return None
    report: dict[str, Any] = json.loads(said)
    assert process.returncode == ExitCode.DONE, report
    return report


def state(folder: Path, place: Place) -> dict[str, str]:
    """Every tag and every flist, by what they stand for.

    A registry's name goes into the fingerprints of those that are told it, so places differ in
    digests and fingerprints: each is called by the release that it is of.
    """
    client, hub = RegistryClient(), place.hub()
    found: dict[str, str] = {}
    called: dict[str, str] = {}
    for image in catalog_of(folder, "v2", place).images:
        digests = {
            tag: client.digest(image.reference.with_tag(tag)) or "?"
            for tag in client.tags(image.reference)
        }
        by_digest = {digest: min(_names_of(digest, digests)) for digest in digests.values()}
        called |= {short(digest): name for digest, name in by_digest.items()}
        for tag, digest in digests.items():
            kind = "fp" if tag.startswith("fp-") else called.get(tag, tag)
            found[f"{image.name}:{kind} {by_digest[digest]}"] = by_digest[digest]
    prefix = place.registry.replace("/", "-").replace(":", "-")
    for entry in hub.listing(hub.user) or ():
        if entry.name.startswith(prefix):
            target = _renamed((entry.target or "").removeprefix(prefix), called)
            what = "flist" if entry.type is EntryType.REGULAR else f"-> {target}"
            found[_renamed(entry.name.removeprefix(prefix), called)] = what
    return found


def _names_of(digest: str, digests: dict[str, str]) -> list[str]:
    return [tag for tag in ("v1", "v2") if digests.get(tag) == digest] or ["an orphan"]


def _renamed(name: str, called: dict[str, str]) -> str:
    stem, _, last = name.removesuffix(".flist").rpartition("-")
    return f"{stem}-<{called[last]}>" if last in called else name


def kill_and_restart(
    folder: Path, registry: str, hub: HubStandIn, kills: Sequence[int | float]
) -> KillTable:
    """For each kill (an event's number, or seconds) a release that it hits, and that is ended.

    `folder` is a repository of `repository`, `registry` the host of an empty one.
    """
    table = KillTable()
    token = hub.tokens.issue("kills.3bot")

    def place(name: str) -> Place:
        return Place(registry=f"{registry}/{name}", hub_url=hub.url, hub_token=token)

    wanted, table.events = _undisturbed(folder, place("calm"))
    for number, kill in enumerate(kills):
        here = place(f"kill{number}")
        assert run(folder, "v1", here)
        at = int(kill) % table.events + 1 if isinstance(kill, int) else 0
        killed = run(folder, "v2", here, kill_at=at, after_s=None if at else kill) is None
        pushed = _pushed(folder, here)
        table.kills += killed
        table.restarts += 1
        table.at.append(at)
        report = run(folder, "v2", here)
        assert report is not None
        rebuilt = {name for name in pushed if report["outcomes"][name] == "published"}
        assert not rebuilt, f"{rebuilt} had been pushed, and were built again"
        table.kept += len(pushed)
        found = state(folder, here)
        assert found == wanted, f"killed at {kill}: {dict(found.items() ^ wanted.items())}"
    return table


def moments(seed: int, count: int) -> Iterator[int | float]:
    """Events all over a run, and every third time a moment from outside."""
    draw = random.Random(seed)
    for number in range(count):
        yield draw.uniform(0.3, 4.0) if number % 3 == 2 else draw.randint(0, 10_000)


@contextmanager
def tidied() -> Iterator[None]:
    """A killed run can't take its images away: do it here, for these repositories only."""
    try:
        yield
    finally:
        engine = default_engine()
        listed = engine.text("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
        time.sleep(0.5)  # the last one's build may still be ending
        for name in listed:
            parts = name.split("/")
            if parts[0] == "tfimages.local" and parts[-2].startswith(("kill", "calm")):
                with suppress(RuntimeError):
                    engine.docker("rmi", name)


def _undisturbed(folder: Path, place: Place) -> tuple[dict[str, str], int]:
    assert run(folder, "v1", place)
    report = run(folder, "v2", place)
    assert report is not None
    assert set(report["outcomes"].values()) == {"published", "skipped"}, report
    return state(folder, place), int(report["events"])


def _pushed(folder: Path, place: Place) -> set[str]:
    client = RegistryClient()
    return {
        image.name
        for image in catalog_of(folder, "v2", place).images
        if client.digest(fingerprint_reference(image))
    }
