"""Tells whether a build made anything new: `pipeline.ports.Comparer`."""

from __future__ import annotations

import threading

from tfimages_action.adapters.engine.source import EngineImageSource
from tfimages_action.core.run.work import BuiltImage, ImageConfig, Log, Published
from tfimages_action.errors import FlistError, StageError
from tfimages_action.flist.sameness import content_root
from tfimages_action.flist.source import read_tree


class EngineComparer:
    """Exports both images; nothing is unpacked."""

    def __init__(self, source: EngineImageSource) -> None:
        self._source = source

    def same(
        self, built: BuiltImage, published: Published, *, log: Log, stop: threading.Event
    ) -> bool:
        """Whether both hold the same files and start the same.

        The published one is pulled where it isn't at hand. Raises `StageError`, `EngineError`.
        """
        # The engine has it under its id; the name is never asked for.
        here = Published(digest=built.image_id, references=published.references)
        if self._config(here, log, stop) != self._config(published, log, stop):
            log("what it starts, or its environment, differs from what is published")
            return False
        return self._root(here, log, stop) == self._root(published, log, stop)

    def _config(self, image: Published, log: Log, stop: threading.Event) -> ImageConfig:
        return self._source.config(image, log=log, stop=stop)

    def _root(self, image: Published, log: Log, stop: threading.Event) -> str:
        try:
            with self._source.export(image, log=log, stop=stop) as stream:
                root = content_root(read_tree(stream).entries)
        except FlistError as error:
            raise StageError(f"the files of {image.digest} can't be read: {error}") from error
        log(f"files of {image.digest[:19]}: {root}")
        return root
