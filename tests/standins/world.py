"""A world to publish into: engine, registry and Hub as files in one folder.

It outlives the process that writes into it, so that a run may be killed between any two effects
and another one may find what the first left. Every effect is one atomic rename, is written to
`effects`, and may be turned into a fault by a hook. The engine keeps nothing: another run builds
anew, with another digest, as real builds do.
"""

# The fakes keep the Protocols' signatures, whatever they make of them.
# ruff: noqa: ARG002

from __future__ import annotations

import hashlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.published import labels, names
from tfimages_action.core.published.record import Record
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.report import Flist
from tfimages_action.core.run.work import (
    BuildRequest,
    Built,
    BuiltArchive,
    BuiltImage,
    CheckResult,
    FlistSource,
    Log,
    Published,
)
from tfimages_action.core.tree import EMPTY, Tree
from tfimages_action.errors import StageError
from tfimages_action.pipeline.options import Services
from tfimages_action.stopping import Heeding

Hook = Callable[[str], None]
"""Called with each effect's name before and after it (`before push hero`): may raise or kill."""

REGISTRY = "r.example/o"
WHEN = datetime(2026, 11, 23, tzinfo=UTC)


class FakeRevision:
    """A commit without files: the fakes build from the request alone."""

    name = "v2"
    commit = "c" * 40
    created = WHEN

    def tree(self, under: str = "") -> Tree:
        return EMPTY

    def read(self, blob: str) -> bytes:
        raise NotImplementedError(blob)


class World:
    """The state, and every service that works on it."""

    def __init__(self, folder: Path, hook: Hook = lambda _effect: None) -> None:
        self.folder = folder
        self.hook = hook
        self.moves: dict[str, int] = {}
        """How often the digest of an external reference has moved."""
        self.files: dict[str, str] = {}
        """What builds of an image put into it; what a name lacks is always the same."""
        self._lock = threading.Lock()
        for name in ("tags", "manifests", "flists", "links"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    # -- state -----------------------------------------------------------------------------------

    def tags(self) -> dict[str, str]:
        """Every tag of every repository, with its digest."""
        return self._all("tags")

    def flists(self) -> dict[str, str]:
        """Every flist under its content's name, with the digest that it was made of."""
        return self._all("flists")

    def links(self) -> dict[str, str]:
        return self._all("links")

    def effects(self) -> list[str]:
        path = self.folder / "effects"
        return path.read_text().splitlines() if path.exists() else []

    def record(self, reference: ImageReference) -> Record | None:
        digest = self.tags().get(str(reference))
        return self.described(digest) if digest else None

    def vm_record(self, vm: Image) -> Record | None:
        """What the stable flist of a VM was made from."""
        digest = self.flists().get(self.links().get(vm.flist, ""))
        return self.described(digest) if digest else None

    def described(self, digest: str) -> Record:
        manifest = json.loads((self.folder / "manifests" / quote(digest, safe="")).read_text())
        return labels.read(digest, manifest["labels"])

    def services(self, **changes: object) -> Services:
        engine, hub = FakeEngine(self), FakeHub(self)
        services = Services(
            builder=engine,
            checker=engine,
            bases=engine,
            publisher=FakeRegistry(self),
            comparer=engine,
            converter=hub,
        )
        return replace(services, **changes)  # type: ignore[arg-type]

    def base(self, reference: ImageReference) -> str:
        """What an external reference stands for now."""
        text = f"{reference}{self.moves.get(str(reference), '')}"
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def put(self, kind: str, name: str, value: str, effect: str) -> None:
        """One atomic effect."""
        self.hook(f"before {effect}")
        target = self.folder / kind / quote(name, safe="")
        scratch = self.folder / f".{uuid.uuid4().hex}"
        scratch.write_text(value)
        self.note(effect)
        scratch.replace(target)
        self.hook(f"after {effect}")

    def note(self, effect: str) -> None:
        with self._lock, (self.folder / "effects").open("a") as log:
            log.write(effect + "\n")

    def _all(self, kind: str) -> dict[str, str]:
        files = sorted((self.folder / kind).iterdir())
        return {unquote(file.name): file.read_text() for file in files}


class FakeEngine:
    """Builder, checker and bases: what is built is made of the request and of the moment."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.requests: dict[str, BuildRequest] = {}

    def build(self, request: BuildRequest, *, log: Log, stop: threading.Event) -> Built:
        name = request.image.name
        self.requests[name] = request
        self._world.hook(f"before build {name}")
        log(f"building {name}")
        if stop.is_set():
            raise StageError("stopped")
        self._world.note(f"build {name}")
        digest = "sha256:" + hashlib.sha256(uuid.uuid4().bytes).hexdigest()
        self._world.hook(f"after build {name}")
        holds = self._world.files.get(name, "")
        manifest = json.dumps({"labels": dict(request.labels), "of": name, "files": holds})
        (self._world.folder / "manifests" / quote(digest, safe="")).write_text(manifest)
        if request.image.kind is Kind.VM:
            path = self._world.folder / f"{digest[7:]}.tar.gz"
            return BuiltArchive(image=request.image, path=path, sha256=digest[7:], size_bytes=9)
        return BuiltImage(
            image=request.image, image_id=digest, local=f"run/{digest[7:]}", size_bytes=5
        )

    def check(self, built: Built, *, log: Log, stop: threading.Event) -> Sequence[CheckResult]:
        self._world.hook(f"before check {built.image.name}")
        log(f"checking {built.image.name}")
        self._world.note(f"check {built.image.name}")
        self._world.hook(f"after check {built.image.name}")
        return (CheckResult(name="command", ok=True),)

    def resolve(self, reference: ImageReference, *, log: Log, stop: threading.Event) -> str | None:
        self._world.note(f"resolve {reference}")
        return self._world.base(reference)

    def same(
        self, built: BuiltImage, published: Published, *, log: Log, stop: threading.Event
    ) -> bool:
        return self._files(built.image_id) == self._files(published.digest)

    def _files(self, digest: str) -> object:
        path = self._world.folder / "manifests" / quote(digest, safe="")
        return json.loads(path.read_text())["files"]


class FakeRegistry:
    """Publisher: tags are files."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.heeded = Heeding()

    def heeding(self, stop: threading.Event) -> AbstractContextManager[None]:
        return self.heeded(stop)

    def push(
        self, built: BuiltImage, name: ImageReference, *, log: Log, stop: threading.Event
    ) -> Published:
        self._world.put("tags", str(name), built.image_id, f"push {name.repository}:{name.tag}")
        return Published(digest=built.image_id, references=(name,), size_bytes=7)

    def give_names(
        self, source: ImageReference, names: Sequence[ImageReference], *, log: Log
    ) -> Published:
        assert source.digest
        assert (self._world.folder / "manifests" / quote(source.digest, safe="")).exists()
        for name in names:
            assert name.digest is None
            assert name.name == source.name
            if self._world.tags().get(str(name)) != source.digest:
                effect = f"name {name.repository}:{name.tag}"
                self._world.put("tags", str(name), source.digest, effect)
        return Published(digest=source.digest, references=tuple(names), size_bytes=7)

    def digest(self, reference: ImageReference) -> str | None:
        return self._world.tags().get(str(replace(reference, digest=None)))

    def fingerprint(self, reference: ImageReference) -> str | None:
        record = self._world.record(replace(reference, digest=None))
        return record.fingerprint if record else None

    def tags(self, repository: ImageReference) -> Sequence[str]:
        found = map(ImageReference.parse, self._world.tags())
        return [ref.tag or "" for ref in found if ref.name == repository.name]


class FakeHub:
    """Converter: flists and links are files. A conversion may be cut short by a kill."""

    def __init__(self, world: World, seconds: float = 0.0) -> None:
        self._world = world
        self.seconds = seconds
        self._condemned: set[str] = set()

    def convert(
        self, image: Image, source: FlistSource, *, log: Log, stop: threading.Event
    ) -> Flist:
        digest = source.digest
        name = names.content_flist(image, digest)
        if isinstance(source, Published):
            assert str(replace(source.references[0], digest=None)) in self._world.tags()
        there = self._world.flists().get(name)
        if there is None or name in self._condemned:
            time.sleep(self.seconds)
            self._world.put("flists", name, "half", f"half-convert {name}")
            self._world.put("flists", name, digest, f"convert {name}")
        return Flist(name=name, address=f"hub/{name}")

    def verify(
        self,
        image: Image,
        source: FlistSource,
        flist: Flist,
        *,
        log: Log,
        stop: threading.Event,
    ) -> Flist:
        digest = source.digest
        self._world.hook(f"before verify {flist.name}")
        self._world.note(f"verify {flist.name}")
        if self._world.flists()[flist.name] != digest:
            self._condemned.add(flist.name)
            raise StageError(f"{flist.name} is not {digest}", transient=True)
        return replace(flist, verified=True)

    def switch(
        self,
        image: Image,
        flist: Flist,
        names: Sequence[str],
        *,
        log: Log,
        stop: threading.Event,
    ) -> Flist:
        assert flist.name in self._world.flists()
        for name in names:
            if self._world.links().get(name) != flist.name:
                self._world.put("links", name, flist.name, f"link {name}")
        return replace(flist, stable_address=f"hub/{names[-1]}")
