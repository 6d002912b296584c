"""What `--no-push` keeps in the engine, taken away again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.bed.engine import Engine
from tfimages_action.adapters.engine.names import LOCAL_HOST


@contextmanager
def kept_images_removed(engine: Engine, namespace: str) -> Iterator[None]:
    """Remove what runs keep of a namespace, which is to be the caller's alone."""
    try:
        yield
    finally:
        for name in kept_images(engine, namespace):
            engine.docker("rmi", name)


def kept_images(engine: Engine, namespace: str) -> list[str]:
    listed = engine.text("image", "ls", "--format={{.Repository}}:{{.Tag}}").splitlines()
    return [
        name
        for name in listed
        if name.startswith(f"{LOCAL_HOST}/kept-") and f"/{namespace}/" in name
    ]
