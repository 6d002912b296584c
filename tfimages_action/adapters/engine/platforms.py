"""Whether the builder at hand can make what `platforms:` asks for; if not, what is missing."""

from __future__ import annotations

from tfimages_action.adapters.engine.buildx import BuilderInfo, DriverKind
from tfimages_action.adapters.engine.connection import EngineInfo
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.errors import StageError


def refuse_impossible(image: Image, engine: EngineInfo, builder: BuilderInfo) -> None:
    """Raise `StageError` for platforms that this engine and builder can't put into one image."""
    if len(image.platforms) < 2:  # noqa: PLR2004 - one is no matter of stores
        return
    wanted = ", ".join(image.platforms)
    if image.kind is Kind.VM:
        raise StageError(
            f"{image.name}: a full VM is one root filesystem, not one for each of {wanted}",
            hint="give each platform a variant of its own",
        )
    if builder.driver is DriverKind.DOCKER and not engine.containerd_store:
        raise StageError(
            f"{image.name}: {wanted} can't be one image here: engine {engine.version} keeps images "
            f"in its classic store ({engine.storage}), which holds one platform",
            hint='switch on the containerd image store ("features": {"containerd-snapshotter": '
            "true} in /etc/docker/daemon.json), or name a `builder` that can",
        )
