"""Looks after the engine's disk: `pipeline.ports.Housekeeper`."""

from __future__ import annotations

import shutil
from pathlib import Path

from tfimages_action.adapters.engine.connection import Connection
from tfimages_action.adapters.engine.layout import Layout
from tfimages_action.adapters.engine.names import RunNames
from tfimages_action.core.run.work import Built, BuiltArchive, BuiltImage


class EngineHousekeeper:
    """Knows what is left, and drops what nothing needs any more."""

    def __init__(self, connection: Connection, names: RunNames) -> None:
        self._connection = connection
        self._names = names

    def free_bytes(self) -> int | None:
        """What is left where images are stored; `None` where the folder isn't on this machine.

        In a job container that folder is the host's: then our own root stands in, since the
        container's file system lies on the same disk.
        """
        if not self._connection.is_local:
            return None
        root = Path(self._connection.info.root)
        try:
            return shutil.disk_usage(root if root.is_dir() else "/").free
        except OSError:
            return None

    def drop(self, built: Built) -> None:
        """Remove an image of this run. Never raises."""
        match built:
            case BuiltImage():
                self._names.drop(built.image_id)
                layout = Layout.of_source(built.source)
                if layout is not None:
                    shutil.rmtree(layout.folder, ignore_errors=True)
            case BuiltArchive():
                built.path.unlink(missing_ok=True)
