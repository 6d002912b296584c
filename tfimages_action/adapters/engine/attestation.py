"""Whether the builder at hand can attach what `provenance` and `sbom` ask for."""

from __future__ import annotations

from tfimages_action.adapters.engine.buildx import BuilderInfo, DriverKind
from tfimages_action.adapters.engine.command import BuildOptions
from tfimages_action.adapters.engine.connection import EngineInfo
from tfimages_action.errors import RefusedError


def refuse_unattested(options: BuildOptions, engine: EngineInfo, builder: BuilderInfo) -> None:
    """Raise `RefusedError`, before anything is built, where no attestation can be kept.

    It is not left out with a warning: who asked for it would publish images without.
    """
    wanted = {"provenance": options.provenance, "sbom": options.sbom}
    asked = " and ".join(name for name, on in wanted.items() if on)
    if asked and builder.driver is DriverKind.DOCKER and not engine.containerd_store:
        raise RefusedError(
            f"{asked} can't be had here: engine {engine.version} keeps images in its classic "
            f"store ({engine.storage}), which holds no attestations",
            hint='switch on the containerd image store ("features": {"containerd-snapshotter": '
            "true} in /etc/docker/daemon.json), or name a `builder` that can",
        )
