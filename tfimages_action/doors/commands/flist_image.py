"""What a person calls IMAGE|TAR: a file is a tar, all else is an image that the engine has."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tfimages_action.errors import FlistError, SettingsError
from tfimages_action.flist.startup import StartConfig
from tfimages_action.flist.stream import ByteStream, open_archive


@contextmanager
def open_image(name: str, config: Path | None) -> Iterator[tuple[ByteStream, StartConfig | None]]:
    """The file system as a plain tar stream, and what it starts (`None`: nothing is known).

    Raises `FlistError` or `EngineError`.
    """
    path = Path(name)
    if path.is_file():
        with open_archive(path) as archive:
            yield archive, None if config is None else _read_config(config)
        return
    if config is not None:
        raise click.UsageError("--config is for a TAR: an image brings its own")
    with _exported(name) as found:
        yield found


@contextmanager
def _exported(name: str) -> Iterator[tuple[ByteStream, StartConfig]]:
    from tfimages_action.adapters.engine.connection import Connection
    from tfimages_action.adapters.engine.pulls import Puller
    from tfimages_action.adapters.engine.source import EngineImageSource
    from tfimages_action.core.reference import ImageReference
    from tfimages_action.core.run.work import Published

    connection, stop = Connection(os.environ), threading.Event()
    found = connection.inspect(name)
    if found is None:
        raise SettingsError(
            f"there is no file {name}, and the engine has no such image",
            hint=f"docker pull {name}",
        )
    source = Published(digest=str(found["Id"]), references=(ImageReference.parse("local/image"),))
    images = EngineImageSource(connection, Puller(connection, ()))
    config = StartConfig.of_image(images.config(source, log=_say, stop=stop))
    with images.export(source, log=_say, stop=stop) as stream:
        yield stream, config


def _read_config(path: Path) -> StartConfig:
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise FlistError(f"{path} is no configuration: {error}") from error
    if not isinstance(value, dict):
        raise FlistError(f"{path} is no configuration: it must be a JSON object")
    return StartConfig.of(value.get("config") or value.get("Config") or value)


def _say(line: str) -> None:
    click.echo(line, err=True)
