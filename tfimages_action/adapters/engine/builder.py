"""Builds images with BuildKit and keeps them where checks, children and the push find them."""

from __future__ import annotations

import secrets
import threading

from tfimages_action.adapters.engine.archive import Packer
from tfimages_action.adapters.engine.buildx import DriverKind
from tfimages_action.adapters.engine.contexts import LaidOut, laid_out
from tfimages_action.adapters.engine.layout import Layout
from tfimages_action.adapters.engine.names import RunNames
from tfimages_action.adapters.engine.platforms import refuse_impossible
from tfimages_action.adapters.engine.private import PrivateHome
from tfimages_action.adapters.engine.solver import Solver
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.problem import Problem
from tfimages_action.core.run.work import BuildRequest, Built, BuiltArchive, BuiltImage, Log
from tfimages_action.errors import StageError


class EngineBuilder:
    """Builds with the engine's BuildKit or a builder of the user's: `pipeline.ports.Builder`."""

    def __init__(self, solver: Solver, home: PrivateHome, names: RunNames) -> None:
        self._solver = solver
        self._names = names
        self._home = home

    def build(self, request: BuildRequest, *, log: Log, stop: threading.Event) -> Built:
        """Build one image. Raises `StageError`, or `EngineError` when the engine went away."""
        solver = self._solver
        refuse_impossible(request.image, solver.connection.info, solver.buildx.builder)
        with laid_out(request, self._home.work) as files:
            if request.image.kind is Kind.VM:
                return self._archive(request, files, log, stop)
            if solver.buildx.builder.driver is not DriverKind.DOCKER:
                return self._layout(request, files, log, stop)
            return self._image(request, files, log, stop)

    def _image(
        self, request: BuildRequest, files: LaidOut, log: Log, stop: threading.Event
    ) -> BuiltImage:
        local = self._local_name(request.image)
        problems = self._solver.solve(
            request, files, ("--load", f"--tag={local}"), log=log, stop=stop
        )
        return self._found(request.image, local, f"docker-image://{local}", problems)

    def _layout(
        self, request: BuildRequest, files: LaidOut, log: Log, stop: threading.Event
    ) -> BuiltImage:
        """Build elsewhere: into a layout for children and the push, loaded here for the checks."""
        folder = self._home.work / f"layout-{secrets.token_hex(8)}"
        output = (f"--output=type=oci,dest={folder},tar=false,rewrite-timestamp=true",)
        problems = self._solver.solve(request, files, output, log=log, stop=stop)
        layout, local = Layout.read(folder), self._local_name(request.image)
        connection = self._solver.connection
        with connection.asking(f"load {local}"):
            platform = connection.info.platform
            archive = layout.archive(platform, local)
            connection.streaming.load_image(archive, quiet=True)  # type: ignore[no-untyped-call]
        return self._found(request.image, local, layout.source, problems)

    def _found(
        self, image: Image, local: str, source: str, problems: tuple[Problem, ...]
    ) -> BuiltImage:
        found = self._solver.connection.inspect(local)
        if found is None:
            raise StageError(f"{image.name}: built, but the engine has no {local}")
        self._names.add(found["Id"], local)
        return BuiltImage(
            image=image,
            image_id=found["Id"],
            local=local,
            source=source,
            size_bytes=int(found["Size"]),
            layers=tuple(found["RootFS"].get("Layers") or ()),
            problems=problems,
        )

    def _archive(
        self, request: BuildRequest, files: LaidOut, log: Log, stop: threading.Event
    ) -> BuiltArchive:
        packer = Packer(self._home.work / f"{secrets.token_hex(8)}.tar.gz")
        try:
            problems = self._solver.solve(
                request, files, ("--output=type=tar,dest=-",), log=log, stop=stop, sink=packer.pack
            )
        except BaseException:
            packer.discard()
            raise
        packed = packer.result()
        return BuiltArchive(
            image=request.image,
            path=packed.path,
            sha256=packed.sha256,
            size_bytes=packed.size_bytes,
            problems=problems,
        )

    def _local_name(self, image: Image) -> str:
        reference = image.reference
        return f"{self._names.prefix}/{reference.repository}:{reference.tag or 'latest'}"
