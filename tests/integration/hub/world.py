"""One image on one Hub, published again and again: what a run does, without the rest of it."""

from __future__ import annotations

import io
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import requests

from tests.bed import oci
from tests.bed.oci import File
from tests.bed.registry import Registry
from tests.standins.hub import rootfs
from tests.standins.hub.server import HubStandIn
from tfimages_action.adapters.hub.choices import Choices, Timing
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.adapters.hub.converter import HubConverter
from tfimages_action.adapters.hub.token import Token
from tfimages_action.adapters.hub.transport import Limits, Transport
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.adapters.registry.flist_records import FlistRecorder, read_flist_record
from tfimages_action.adapters.registry.probe import StrangersProbe
from tfimages_action.core import flist_name
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.published import flist_record, names
from tfimages_action.core.published.flist_record import FlistRecord
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.report import Flist
from tfimages_action.core.run.work import FlistSource, ImageConfig, Log, Published, Visibility
from tfimages_action.errors import FlistError, TfImagesError
from tfimages_action.flist.reader import read_flist

USER = "alice.3bot"
STRANGER = "bob.3bot"
QUICK = Timing(poll_s=0.02, answered_s=0.2, unanswered_s=5.0, leftover_s=600.0)
LIMITS = Limits(connect_s=5, read_s=5, convert_s=0.6, upload_s=5)
TRIES = 3
"""How often a run calls again what is transient."""
CONFIG = {"Entrypoint": ["/sbin/zinit"], "Cmd": ["init"], "Env": ["A=1"], "WorkingDir": "/srv"}


def release_layers(version: str) -> list[bytes]:
    """Two layers, with a whiteout, a link, a large file, and the version in /etc/release."""
    below = layer(File(path="etc/old", content=b"x"), File(path="etc/gone", content=b"y"))
    above = layer(
        File(path="etc/.wh.gone"),
        File(path="etc/release", content=version.encode()),
        File(path="sbin/zinit", content=b"\x7fELF" + version.encode() * 300_000, mode=0o755),
        File(path="sbin/init", target="zinit"),
        File(path="home/me", kind=tarfile.DIRTYPE, mode=0o700, uid=1000, gid=1000),
    )
    return [below, above]


def layer(*files: File) -> bytes:
    return oci.layer(files)


class LayerSource:
    """What an engine would export of images that were pushed by `oci.push`."""

    def __init__(self) -> None:
        self._layers: dict[str, Sequence[bytes]] = {}
        self.entrypoint: tuple[str, ...] = ("/sbin/zinit",)
        self.exports = 0
        self.cut = False

    def add(self, digest: str, layers: Sequence[bytes]) -> None:
        self._layers[digest] = layers

    def config(self, source: Published, *, log: Log, stop: threading.Event) -> ImageConfig:
        del source, log, stop
        return ImageConfig(entrypoint=self.entrypoint, cmd=("init",), env=("A=1",), workdir="/srv")

    @contextmanager
    def export(self, source: Published, *, log: Log, stop: threading.Event) -> Iterator[IO[bytes]]:
        del log, stop
        self.exports += 1
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for number, data in enumerate(self._layers[source.digest]):
                paths.append(Path(folder) / str(number))
                paths[-1].write_bytes(data)
            merged = io.BytesIO()
            rootfs.merge(paths, merged, workdir="/srv")
        whole = merged.getvalue()
        yield io.BytesIO(whole[: len(whole) // 2] if self.cut else whole)


@dataclass
class FixedProbe:
    """Says what it was told to; counts how often it was asked."""

    answer: Visibility = Visibility.PUBLIC
    asked: list[ImageReference] = field(default_factory=list)

    def visibility(self, reference: ImageReference) -> Visibility:
        self.asked.append(reference)
        return self.answer


class World:
    """A Hub, a registry, one image; `publish` is what the pipeline does with it."""

    def __init__(self, hub: HubStandIn, registry: Registry, repository: str) -> None:
        self.standin = hub
        self.registry = registry
        self.source = LayerSource()
        self.probe = FixedProbe()
        self.lines: list[str] = []
        reference = ImageReference.parse(f"{registry.host}/{repository}:24.04")
        self.image = Image(
            name="ubuntu:24.04",
            reference=reference,
            flist=flist_name.of_image(str(reference)),
            kind=Kind.CONTAINER,
            folder="ubuntu",
            dockerfile="ubuntu/Dockerfile",
            context="ubuntu",
            fingerprint="v1:sha256:" + "f" * 64,
        )

    @property
    def stable(self) -> str:
        return self.image.flist

    def client(self, user: str = USER) -> Hub:
        token = Token(self.standin.tokens.issue(user))
        return Hub.sign_in(Transport(self.standin.url, token=token, limits=LIMITS))

    def converter(self, **choices: object) -> HubConverter:
        """A run of its own: nothing is remembered from the one before."""
        chosen = replace(Choices(timing=QUICK), **choices)  # type: ignore[arg-type]
        return HubConverter(self.client(), self.source, self.probe, chosen)

    def push(self, version: str) -> Published:
        """Build and push one release of the image, under its content name."""
        layers = release_layers(version)
        repository = self.image.reference.repository
        digest = oci.push(self.registry.url, f"{repository}:tmp", layers, CONFIG)
        content = names.content_reference(self.image, digest)
        oci.push(self.registry.url, f"{repository}:{content.tag}", layers, CONFIG)
        self.source.add(digest, layers)
        return Published(digest=digest, references=(content,))

    def content(self, source: Published) -> str:
        return names.content_flist(self.image, source.digest)

    def once(self, converter: HubConverter, source: FlistSource, release: str) -> Flist:
        """One try of everything."""
        flist = self.convert(converter, source)
        flist = self.verify(converter, source, flist)
        flist = self.record(source, flist)
        return self.switch(converter, flist, release)

    def publish(
        self, source: FlistSource, release: str, converter: HubConverter | None = None
    ) -> Flist:
        """A run: each stage again while its error is transient, `TRIES` times at most."""
        converter = converter or self.converter()
        for left in reversed(range(TRIES)):
            try:
                return self.once(converter, source, release)
            except TfImagesError as error:
                self.lines.append(error.render())
                if not error.transient or not left:
                    raise
        raise AssertionError

    def convert(self, converter: HubConverter, source: FlistSource) -> Flist:
        return converter.convert(self.image, source, log=self.lines.append, stop=threading.Event())

    def verify(self, converter: HubConverter, source: FlistSource, flist: Flist) -> Flist:
        return converter.verify(
            self.image, source, flist, log=self.lines.append, stop=threading.Event()
        )

    def record(self, source: FlistSource, flist: Flist) -> Flist:
        recorder = FlistRecorder(RegistryClient(), StrangersProbe())
        return recorder.record(self.image, source.digest, flist, log=self.lines.append)

    def recorded(self, source: FlistSource) -> FlistRecord | None:
        place = flist_record.place(self.image.reference, source.digest)
        return read_flist_record(RegistryClient(), place)

    def switch(self, converter: HubConverter, flist: Flist, release: str) -> Flist:
        links = (flist_name.of_release(self.stable, release), self.stable)
        return converter.switch(
            self.image, flist, links, log=self.lines.append, stop=threading.Event()
        )

    def served(self, name: str | None = None) -> str | None:
        """The version that an address serves, read from its flist; `None`: nothing whole."""
        answer = requests.get(f"{self.standin.url}/{USER}/{name or self.stable}", timeout=30)
        if answer.status_code != 200:
            return None
        try:
            file = read_flist(io.BytesIO(answer.content))
        except FlistError:
            return None
        release = file.find("/etc/release")
        return None if release is None else _VERSIONS.get(release.keys)

    @contextmanager
    def watched(self) -> Iterator[set[str | None]]:
        """Everything that the stable address serves meanwhile, read without a pause."""
        seen: set[str | None] = set()
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.005):
                seen.add(self.served())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield seen
        finally:
            done.set()
            watcher.join()


def _version_keys() -> dict[tuple[bytes, ...], str]:
    from tfimages_action.flist.batches import key_only

    return {(key_only(f"v{n}".encode()).key,): f"v{n}" for n in range(1, 10)}


_VERSIONS = _version_keys()
