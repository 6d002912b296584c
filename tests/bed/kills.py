"""Runs on real parts that are killed and started again, held against an undisturbed one.

One engine, one registry, one Hub's stand-in. A block of cases shares a namespace: each case is the
next release there, killed and ended by later runs. Releases differ in nothing but their number, so
every one must leave the names that the undisturbed one leaves, and touch nothing older.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.bed.engine import default_engine
from tests.bed.kill_cases import RELEASED, Case, Kill
from tests.bed.kill_names import Names, changed, shape, told_shape
from tests.bed.kill_table import Result
from tests.bed.publishing import Place, catalog_of
from tests.bed.scratch import ScratchRepository
from tests.standins.hub.server import HubStandIn
from tfimages_action.adapters.hub.answers import EntryType
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.core.published.names import fingerprint_reference

_PARENTS: Final = {"root": "", "leaf": "root", "side": "", "loner": ""}
_WHEN: Final = {"started": "before", "line": "at a line", "ended": "after"}
_RUN_S: Final = 240
_BLOCK: Final = 20
_MARK: Final = "TFIMAGES_KILLED_RUN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run said before it ended or was killed; a killed one has no report."""

    events: tuple[str, ...]
    report: dict[str, Any] | None


class Killing:
    """Kills releases of one tiny repository, on an empty registry and Hub."""

    def __init__(self, folder: Path, registry: str, hub: HubStandIn) -> None:
        self._scratch = ScratchRepository(folder)
        self._registry = registry
        self._hub = hub
        self._token = hub.tokens.issue("kills.3bot")
        self._release = 0
        self._left = 0
        self._place = self._new_place("calm")
        self._publish(self._place)
        began = time.monotonic()
        calm = self._publish(self._place)
        self._seconds = time.monotonic() - began
        self.events = calm.events
        """Every moment at which an undisturbed run can be killed."""
        self.wanted = shape(self._names(), self._tag)
        """The names that an undisturbed release gives."""
        self._report = told_shape(calm.report or {}, self._tag)

    def run(self, case: Case) -> Result:
        """Kill a release as the case says, then let a last run end it."""
        began = time.monotonic()
        if self._left == 0:
            self._place, self._left = self._new_place(f"kill{self._release}"), _BLOCK
            self._publish(self._place)
        self._left -= 1
        self._next_release()
        before, result = self._names(), Result(case=case.name)
        pushed: set[str] = set()
        built: set[str] = set()
        for kill in case.kills:
            run = self._start(case, kill)
            built |= pushed & _built(run)
            pushed |= self._pushed()
            if run.report is not None:
                continue
            result.kills.append(_where(kill, run.events))
        if case.fault:
            self._hub.faults.inject(case.fault)
            result.fault = case.fault
        last = self._start(case, None)
        self._hub.faults.clear()
        self._reap()
        result.kept = len(pushed)
        result.rebuilt = sorted(built | (pushed & _built(last)))
        self._hold(result, last, before)
        result.seconds = round(time.monotonic() - began, 1)
        if not result.converged:
            self._left = 0
        return result

    def _hold(self, result: Result, last: Run, before: Names) -> None:
        after = self._names()
        found = shape(after, self._tag)
        result.missing = sorted(self.wanted - found)
        result.extra = sorted(found - self.wanted) + changed(before, after)
        report = last.report or {}
        result.report = [f"the run ended with {report['error']}"] if report.get("error") else []
        told = told_shape(report, self._tag)
        result.report += [
            f"{name}: {told.get(name)} for {wanted}"
            for name, wanted in self._report.items()
            if told.get(name) not in {wanted, "skipped"}
        ]

    def _new_place(self, name: str) -> Place:
        return Place(
            registry=f"{self._registry}/{name}", hub_url=self._hub.url, hub_token=self._token
        )

    @property
    def _tag(self) -> str:
        return f"v{self._release}"

    def _next_release(self) -> None:
        self._release += 1
        for name, parent in _PARENTS.items():
            source = f"ARG REGISTRY\nFROM ${{REGISTRY}}/{parent}" if parent else "FROM scratch"
            text = f'{source}\nCOPY content /{name}\nCMD ["/{name}"]\n'
            self._scratch.write(f"images/{name}/Dockerfile", text)
            version = self._tag if name in RELEASED else "every release"
            self._scratch.write(f"images/{name}/content", f"{name} of {version}\n")
        self._scratch.commit(f"release {self._tag}", self._tag)

    def _publish(self, place: Place) -> Run:
        """A release that nothing disturbs."""
        self._next_release()
        assert place is self._place
        run = self._start(Case(name="calm", kills=()), None)
        assert run.report is not None
        outcomes = {image["outcome"] for image in run.report["images"].values()}
        assert outcomes <= {"published", "skipped"}, run.report
        return run

    def _start(self, case: Case, kill: Kill | None) -> Run:
        command = [sys.executable, "-m", "tests.bed.publishing", str(self._scratch.folder)]
        command += [self._tag, "--registry", self._place.registry, "--hub", self._place.hub_url]
        command += ["--token", self._place.hub_token, "--parallel", str(case.parallel)]
        command += ["--together"] if case.together else []
        command += ["--kill", kill] if isinstance(kill, str) else []
        environment = {**os.environ, _MARK: str(os.getpid())}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment
        ) as process:
            try:
                limit = kill * self._seconds if isinstance(kill, float) else _RUN_S
                said = process.communicate(timeout=limit)[0]
            except subprocess.TimeoutExpired:
                process.kill()
                said = process.communicate()[0]
                assert isinstance(kill, float), f"a run takes for ever:\n{said[-2000:]}"
        events = said.splitlines()
        if process.returncode == -signal.SIGKILL:
            return Run(events=tuple(events), report=None)
        return Run(events=tuple(events[:-1]), report=json.loads(events[-1]))

    def _reap(self) -> None:
        """End what killed runs have left running (a client that still builds, say)."""
        wanted = f"{_MARK}={os.getpid()}".encode()
        for environment in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if wanted in environment.read_bytes().split(b"\0"):
                    os.kill(int(environment.parent.name), signal.SIGKILL)

    def _pushed(self) -> set[str]:
        client = RegistryClient()
        images = catalog_of(self._scratch.folder, self._tag, self._place).images
        return {
            image.name
            for image in images
            if image.name in RELEASED and client.digest(fingerprint_reference(image))
        }

    def _names(self) -> Names:
        client, hub = RegistryClient(), self._place.hub()
        tags = {
            f"{image.name}:{tag}": client.digest(image.reference.with_tag(tag)) or "?"
            for image in catalog_of(self._scratch.folder, self._tag, self._place).images
            for tag in client.tags(image.reference)
        }
        prefix = re.sub("[/:]", "-", self._place.registry) + "-"
        flists = {
            entry.name.removeprefix(prefix): "flist"
            if entry.type is EntryType.REGULAR
            else (entry.target or "").removeprefix(prefix)
            for entry in hub.listing(hub.user) or ()
            if entry.name.startswith(prefix)
        }
        return Names(tags=tags, flists=flists)


def _where(kill: Kill, events: Sequence[str]) -> str:
    """A kill from outside counts for the stage that started last of those that still ran."""
    if isinstance(kill, str):
        what, stage, *_ = kill.split()
        return f"{stage}: {_WHEN[what]}"
    ended = {event.partition(" ")[2] for event in events if event.startswith("ended ")}
    started = [event.split() for event in events if event.startswith("started ")]
    running = [stage for _, stage, image in started if f"{stage} {image}" not in ended]
    return f"{running[-1]}: within" if running else "no stage: within"


def _built(run: Run) -> set[str]:
    return {event.split()[2] for event in run.events if event.startswith("started build ")}


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
