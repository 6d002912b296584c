"""What an flist must hold: read once from the image, kept while it may be asked for again."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import IO, assert_never

from tfimages_action.adapters.hub.ports import ImageSource
from tfimages_action.core.run.work import BuiltArchive, FlistSource, ImageConfig, Log, Published
from tfimages_action.flist.source import SourceTree, read_tree
from tfimages_action.flist.startup import StartConfig
from tfimages_action.flist.stream import open_archive


class NoImages:
    """For a proof that needs no image (`verify: none`): whoever asks has made a mistake."""

    def config(self, source: Published, *, log: Log, stop: threading.Event) -> ImageConfig:
        raise NotImplementedError

    def export(
        self, source: Published, *, log: Log, stop: threading.Event
    ) -> AbstractContextManager[IO[bytes]]:
        raise NotImplementedError


class Sources:
    """Reads images and archives; one tree per digest, until it is let go."""

    def __init__(self, images: ImageSource) -> None:
        self._images = images
        self._trees: dict[str, SourceTree] = {}
        self._lock = threading.Lock()

    def tree(self, source: FlistSource, *, log: Log, stop: threading.Event) -> SourceTree:
        """Every entry of the image with its block keys. Raises `FlistError` for a cut stream."""
        key = source.digest
        with self._lock:
            known = self._trees.get(key)
        if known is None:
            known = self._read(source, log=log, stop=stop)
            with self._lock:
                self._trees[key] = known
        return known

    def config(self, source: FlistSource, *, log: Log, stop: threading.Event) -> StartConfig | None:
        """What the image starts; `None` for a full VM, which starts its own kernel."""
        if isinstance(source, BuiltArchive):
            return None
        return StartConfig.of_image(self._images.config(source, log=log, stop=stop))

    def let_go(self, source: FlistSource) -> None:
        """Forget a tree: its flist is proved."""
        with self._lock:
            self._trees.pop(source.digest, None)

    def _read(self, source: FlistSource, *, log: Log, stop: threading.Event) -> SourceTree:
        match source:
            case Published():
                with self._images.export(source, log=log, stop=stop) as stream:
                    return read_tree(stream)
            case BuiltArchive():
                with open_archive(source.path) as stream:
                    return read_tree(stream)
            case _:
                assert_never(source)
