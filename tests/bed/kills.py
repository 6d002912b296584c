"""Runs on real parts that are killed and started again, held against an undisturbed one.

One engine, one registry, one Hub's stand-in. A block of cases shares a namespace: each case is the
next release there, killed and ended by later runs. Releases differ in nothing but their number, so
every one must leave the names that the undisturbed one leaves, and touch nothing older.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.bed.engine import default_engine
from tests.bed.publishing import Place, catalog_of
from tests.bed.scratch import ScratchRepository
from tests.standins.hub.faults import Fault
from tests.standins.hub.server import HubStandIn
from tfimages_action.adapters.hub.answers import EntryType
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.core.names import fingerprint_reference, short

_PARENTS: Final = {"root": "", "leaf": "root", "side": "", "loner": ""}
_RELEASED: Final = ("root", "leaf", "side")
"""The loner is the same in every release: it gets their names without being built."""
_STAGES: Final = ("build", "check", "push", "convert", "verify", "switch")
_BOUNDARIES: Final = ("started", "ended")
_LINES: Final = {"build": 8, "push": 6, "convert": 1, "switch": 3}
"""How many lines of each stage's log to be killed at; those that a run does not say are no kill."""
_FAULTS: Final = (Fault.HTML_500, Fault.WRITTEN_500, Fault.PROXY_502, Fault.RESET)
_WHEN: Final = {"started": "before", "line": "at a line", "ended": "after"}
_FIRST: Final = ("build leaf", "check leaf", "push leaf")
_LAST: Final = ("convert leaf", "verify leaf", "switch leaf")
_COLUMNS: Final = ("kills", "converged", "again", "missing")
_RELEASE_TAG: Final = re.compile(r"v\d+")
_RUN_S: Final = 240
_BLOCK: Final = 20
_MARK: Final = "TFIMAGES_KILLED_RUN"

Kill = str | float
"""What the run said last (`started push root`), or so many parts of an undisturbed run's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One release that is killed, once or again while it is ended."""

    name: str
    kills: tuple[Kill, ...]
    parallel: int = 2
    together: bool = False
    fault: Fault | None = None
    """What the Hub does wrong once, when the run is started again."""


@dataclass(slots=True, kw_only=True)
class Result:
    """What became of one case. All but the first five are empty where it converged."""

    case: str
    kills: list[str] = field(default_factory=list)
    """Those that hit: where (`push: before`, `push: at a line`, `push: after`, `push: within`)."""
    kept: int = 0
    """Images that a killed run had pushed, each of which no later run may build again."""
    fault: str = ""
    seconds: float = 0.0
    rebuilt: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    report: list[str] = field(default_factory=list)

    @property
    def converged(self) -> bool:
        return not (self.rebuilt or self.missing or self.extra or self.report)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run said before it ended or was killed; a killed one has no report."""

    events: tuple[str, ...]
    report: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Every name in the registry and on the Hub, with what it stands for."""

    tags: dict[str, str]
    """`image:tag` to digest."""
    flists: dict[str, str]
    """Name, without the registry's, to `flist` or, for a link, its target."""


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
            version = self._tag if name in _RELEASED else "every release"
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
            if image.name in _RELEASED and client.digest(fingerprint_reference(image))
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


def shape(names: Names, release: str) -> set[str]:
    """The names that a release gave, without its number and its digests."""
    found = set()
    called: dict[str, str] = {}
    for name, digest in names.tags.items():
        image, _, tag = name.partition(":")
        released = names.tags.get(f"{image}:{release}", "")
        if digest == released:
            called[short(digest)] = f"<{image}>"
        word = _tag_word(tag, short(released), release, names_release=digest == released)
        if word:
            found.add(f"{image}: {word}")
    for name, target in names.flists.items():
        served = _called(target if target != "flist" else name, called)
        if served is not None and not _of_another(name, release):
            own = _called(name, called) or name.replace(f"-{release}.flist", "-<release>.flist")
            found.add(f"{own}: {'flist' if target == 'flist' else served}")
    return found


def _tag_word(tag: str, digits: str, release: str, *, names_release: bool) -> str:
    """What a tag is to the release whose digest begins with `digits`; empty for another's."""
    if tag == f"{digits}.flist":
        return "record"
    if not names_release:
        return ""
    match tag:
        case _ if tag == release:
            return "release"
        case _ if tag == digits:
            return "content"
        case _ if tag.startswith("fp-"):
            return "fingerprint"
        case _:
            return "" if _RELEASE_TAG.fullmatch(tag) else tag


def _called(name: str, called: dict[str, str]) -> str | None:
    stem, _, last = name.removesuffix(".flist").rpartition("-")
    return f"{stem}-{called[last]}" if last in called else None


def _of_another(name: str, release: str) -> bool:
    last = name.removesuffix(".flist").rpartition("-")[2]
    return bool(_RELEASE_TAG.fullmatch(last)) and last != release


def changed(before: Names, after: Names) -> list[str]:
    """Names that are given for good, and no longer stand for the same."""
    tags = {name: to for name, to in before.tags.items() if not name.endswith(":latest")}
    flists = {
        name: to
        for name, to in before.flists.items()
        if to == "flist" or _RELEASE_TAG.fullmatch(name.removesuffix(".flist").rpartition("-")[2])
    }
    lost = [name for name, to in tags.items() if after.tags.get(name) != to]
    return [*lost, *(name for name, to in flists.items() if after.flists.get(name) != to)]


def told_shape(report: dict[str, Any], release: str) -> dict[str, str]:
    """What a report says of each image, without numbers and digests."""
    return {name: _told(image, release) for name, image in (report.get("images") or {}).items()}


def _told(image: dict[str, Any], release: str) -> str:
    if image["outcome"] == "skipped":
        return "skipped"
    if image["failure"]:
        return str(image["failure"])
    digest = short(image["digest"] or "")
    tags = {reference.rpartition(":")[2] for reference in image["references"]}
    kinds = {
        "content" if tag == digest else "release" if tag == release else tag.split("-")[0]
        for tag in tags
    }
    # A promoted image was found under its fingerprint's name, which its report need not repeat.
    flist = "verified flist" if image["flist"] and image["verified"] else "no flist"
    stable = "stable" if image["stable"] else "not stable"
    return f"{', '.join(sorted(kinds - {'fp'}))}; {flist}; {stable}"


def cases(seed: int, count: int) -> Iterator[Case]:
    """Every boundary of every stage, lines of their logs, moments from outside, one after another.

    The same seed gives the same cases, so that a table can be gone on with.
    """
    draw = random.Random(seed)
    stages = [*itertools.product(_STAGES, _RELEASED), ("switch", "loner")]
    boundaries = [f"{when} {stage} {name}" for stage, name in stages for when in _BOUNDARIES]
    lines = [
        f"line {stage} {name} {number}"
        for stage, most in _LINES.items()
        for name in _RELEASED
        for number in range(1, most + 1)
    ]
    early = [event for event in boundaries if "leaf" not in event]
    built = [event for event in boundaries if event.endswith(_FIRST)]
    made = [event for event in boundaries if event.endswith(_LAST)]
    for number in range(count):
        match number % 8:
            case 0 | 2 | 4:
                # Each run takes up where the one before was killed.
                kills: tuple[Kill, ...] = tuple(map(draw.choice, (early, built, made)))
            case 1 | 3:
                kills = (draw.choice(boundaries), draw.uniform(0.1, 0.8))
            case 5:
                kills = (draw.choice(lines), draw.choice(lines))
            case 6:
                kills = (draw.uniform(0.1, 0.9), draw.uniform(0.1, 0.9))
            case _:
                kills = (draw.choice(boundaries),)
        yield Case(
            name=f"{seed}-{number}",
            kills=kills,
            parallel=draw.choice((1, 2, 3)),
            together=draw.random() < 0.3,
            fault=draw.choice(_FAULTS) if number % 4 == 3 else None,
        )


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


def table(results: Sequence[Result]) -> list[str]:
    """By stage: where it was killed how often, and what came of it; as Markdown."""
    when = ("before", "at a line", "within", "after")
    rows: list[tuple[str, ...]] = []
    sums: Counter[str] = Counter()
    for stage in (*_STAGES, "no stage"):
        cells: Counter[str] = Counter()
        for one in results:
            own = [kill.partition(": ")[2] for kill in one.kills if kill.startswith(f"{stage}: ")]
            cells.update(own)
            cells["kills"] += len(own)
            cells["converged"] += len(own) * one.converged
            cells["again"] += len(one.rebuilt) * bool(own)
            cells["missing"] += len(one.missing) * bool(own)
        if stage not in _STAGES and not cells["kills"]:
            continue
        sums.update(cells)
        rows.append((stage, *(str(cells[column]) for column in (*when, *_COLUMNS))))
    rows.append(("**all**", *(str(sums[column]) for column in (*when, *_COLUMNS))))
    head = ("stage", *when, "kills", "converged", "built again", "missing")
    lines = [head, ("---", *("--:" for _ in head[1:])), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def kept_in(file: Path) -> list[Result]:
    """The results of earlier cases; a line that was cut is none."""
    found = []
    for line in file.read_text().splitlines() if file.exists() else ():
        with suppress(ValueError):
            found.append(Result(**json.loads(line)))
    return found


def keep_in(file: Path, result: Result) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as out:
        out.write(json.dumps(asdict(result)) + "\n")


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
