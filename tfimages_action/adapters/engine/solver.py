"""Runs one `buildx build`: progress into the log, a failure into the right error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import IO, Final

from tfimages_action import process
from tfimages_action.adapters.engine.buildx import Buildx, DriverKind
from tfimages_action.adapters.engine.cache import Cache, cache_arguments
from tfimages_action.adapters.engine.command import BuildOptions, build_arguments
from tfimages_action.adapters.engine.connection import Connection
from tfimages_action.adapters.engine.contexts import LaidOut
from tfimages_action.adapters.engine.failure import (
    LastWords,
    build_error,
    read_last_words,
    speaks_of_engine,
    speaks_of_silence,
)
from tfimages_action.adapters.engine.progress import Progress, Warned
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.run.work import BuildRequest, Log
from tfimages_action.errors import Location, StageError, TfImagesError
from tfimages_action.process import ProcessError, ProcessMissingError, ProcessStoppedError

_TICK_S: Final = 0.1
_PING_TICKS: Final = 10
_SILENT_PINGS: Final = 2
_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Solver:
    """What is the same for every build of a run."""

    connection: Connection
    buildx: Buildx
    options: BuildOptions
    cache: Cache = Cache()  # noqa: RUF009 - frozen

    def solve(
        self,
        request: BuildRequest,
        files: LaidOut,
        output: tuple[str, ...],
        *,
        log: Log,
        stop: threading.Event,
        sink: Callable[[IO[bytes]], None] | None = None,
    ) -> tuple[Problem, ...]:
        """Build to `output`; `sink` reads standard output to its end. Gives BuildKit's warnings.

        Raises `StageError` for what the image is to blame for (or its bases' registries, then
        transient), `EngineError` where the engine went away, `BuilderError` for the builder.
        """
        progress = Progress(log=log)
        argv = self.buildx.command(
            *build_arguments(
                request,
                files,
                options=self.options,
                output=output,
                builder=self.buildx.builder.name,
                cache=cache_arguments(self.cache, request.image),
            )
        )
        gone = threading.Event()
        ended = threading.Event()
        watch = threading.Thread(target=self._watch, args=(stop, gone, ended), daemon=True)
        watch.start()
        try:
            self._run(argv, progress, gone, sink)
        except ProcessError as error:
            raise self._explain(request, progress, error, stop) from error
        finally:
            ended.set()
            watch.join()
            progress.close()
        return tuple(_problem(warned, request.image) for warned in progress.warnings)

    def _run(
        self,
        argv: tuple[str, ...],
        progress: Progress,
        stop: threading.Event,
        sink: Callable[[IO[bytes]], None] | None,
    ) -> None:
        environment = {**self.buildx.environment, **self.cache.environment}
        with process.start(argv, env=environment, stop=stop, on_stderr=progress.feed) as child:
            child.stdin.close()
            (sink or _drain)(child.stdout)
            child.wait()

    def _watch(self, stop: threading.Event, gone: threading.Event, ended: threading.Event) -> None:
        """End the build on a stop, and when the engine died: buildx may wait for it for ever."""
        silent = ticks = 0
        while not ended.wait(_TICK_S):
            ticks += 1
            if ticks % _PING_TICKS == 0:
                silent = 0 if self.connection.alive() else silent + 1
            if stop.is_set() or silent >= _SILENT_PINGS:
                gone.set()
                return

    def _explain(
        self,
        request: BuildRequest,
        progress: Progress,
        error: ProcessError,
        stop: threading.Event,
    ) -> TfImagesError:
        name = request.image.name
        if isinstance(error, ProcessMissingError):
            return error
        if isinstance(error, ProcessStoppedError) and stop.is_set():
            return StageError(f"{name}: the build was stopped")
        words = read_last_words(progress.error_text)
        words = replace(words, said=progress.last_line(words.cause))
        for line in progress.error_text:
            progress.log(line)
        detail = f"while it built {name}: {words.cause or error.message}"
        if not self.connection.alive():
            return self.connection.lost(detail)
        builder = self.buildx.builder
        if builder.driver is DriverKind.DOCKER:
            if speaks_of_engine(words):
                return self.connection.lost(detail)
        elif speaks_of_engine(words) or speaks_of_silence(words):
            end = self.connection.end_of(builder.container) if builder.container else ""
            return builder.lost(detail, end)
        return build_error(request.image, words if words.cause else LastWords(cause=error.message))


def _problem(warned: Warned, image: Image) -> Problem:
    return Problem(
        severity=Severity.WARNING,
        message=warned.text,
        hint=f"see {warned.url}" if warned.url else "",
        location=Location(path=image.dockerfile, line=warned.line),
    )


def _drain(stdout: IO[bytes]) -> None:
    while stdout.read(_CHUNK):
        pass
