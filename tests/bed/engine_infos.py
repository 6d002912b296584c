"""Who would build: an engine and a builder, as they present themselves."""

from tfimages_action.adapters.engine.buildx import BuilderInfo, DriverKind
from tfimages_action.adapters.engine.connection import EngineInfo


def engine_info(*, containerd: bool) -> EngineInfo:
    """With the containerd image store, or the classic one."""
    return EngineInfo(
        version="26",
        platform="linux/amd64",
        containerd_store=containerd,
        storage="overlay2",
        root="/var/lib/docker",
    )


def builder_info(driver: DriverKind) -> BuilderInfo:
    return BuilderInfo(name="b", driver=driver, platforms=())
