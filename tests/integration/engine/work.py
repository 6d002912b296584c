"""Short ways to say what is built and pushed in these tests."""

from __future__ import annotations

import io
import itertools
import tarfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.bed.engine import Engine
from tests.bed.registry import Registry
from tests.bed.revision import Content, FilesRevision
from tfimages_action.adapters.engine.session import EngineSession
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import BuildRequest, Built, BuiltImage, Published

_NUMBERS = itertools.count(1)
EPOCH = 1_700_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A session, the engine and the registry that it works with."""

    session: EngineSession
    engine: Engine
    known_registry: Registry | None = None
    lines: list[str] = field(default_factory=list)

    @property
    def registry(self) -> Registry:
        assert self.known_registry is not None, "this bench has no registry"
        return self.known_registry

    def image(self, **fields: Any) -> Image:
        """Return an image of a name of its own, in folder `app`."""
        name = f"engine-{next(_NUMBERS)}"
        host = self.known_registry.host if self.known_registry else "127.0.0.1:9"
        values: dict[str, Any] = {
            "name": name,
            "reference": ImageReference.parse(f"{host}/tests/{name}:1.0"),
            "flist": f"{name}.flist",
            "kind": Kind.CONTAINER,
            "folder": "app",
            "dockerfile": "app/Dockerfile",
            "context": "app",
        }
        return Image(**{**values, **fields})

    def request(
        self, files: Mapping[str, Content], image: Image | None = None, **fields: Any
    ) -> BuildRequest:
        values: dict[str, Any] = {"source_date_epoch": EPOCH, **fields}
        return BuildRequest(
            image=image or self.image(), revision=FilesRevision(files=files), **values
        )

    def build_any(self, request: BuildRequest) -> Built:
        return self.session.builder.build(request, log=self.lines.append, stop=threading.Event())

    def build(
        self, files: Mapping[str, Content], image: Image | None = None, **fields: Any
    ) -> BuiltImage:
        built = self.build_any(self.request(files, image, **fields))
        assert isinstance(built, BuiltImage)
        return built

    def push(self, built: BuiltImage, tag: str = "fp-1") -> Published:
        return self.session.publisher.push(
            built,
            built.image.reference.with_tag(tag),
            log=self.lines.append,
            stop=threading.Event(),
        )

    def files_in(self, image_id: str) -> dict[str, bytes]:
        """Return the files of an image by path, with their content (of a link, its target)."""
        container = self.engine.text("create", image_id, "/none")
        try:
            data = self.engine.docker("export", container).stdout
        finally:
            self.engine.docker("rm", container)
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            return {
                member.name: _content(tar, member)
                for member in tar
                if member.isreg() or member.issym()
            }


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    if member.issym():
        return member.linkname.encode()
    handle = tar.extractfile(member)
    assert handle is not None
    return handle.read()
