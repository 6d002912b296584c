"""Where build steps are remembered between runs, as buildx's options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, assert_never

from tfimages_action.adapters.engine.buildx import BuilderInfo, DriverKind
from tfimages_action.adapters.engine.connection import EngineInfo
from tfimages_action.core.catalog.model import Image

_MAX_TAG: Final = 128
_TOKEN: Final = "ACTIONS_RUNTIME_TOKEN"  # noqa: S105 - its variable's name
_RESULTS: Final = "ACTIONS_RESULTS_URL"
_FIRST: Final = "ACTIONS_CACHE_URL"


class CacheKind(StrEnum):
    """The `cache` input."""

    NONE = "none"
    REGISTRY = "registry"
    GHA = "gha"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """What the user asked for. `gha` needs the runner's variables, for buildx alone."""

    kind: CacheKind = CacheKind.NONE
    gha_environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """`ACTIONS_RUNTIME_TOKEN`, `ACTIONS_RESULTS_URL`, `ACTIONS_CACHE_URL`."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What buildx is told: the job's token is in it for the one cache that needs it.

        A buildx before 0.21 leaves such a cache out, silently, where it finds no address of the
        cache service's first version, which GitHub has switched off.
        """
        if self.kind is not CacheKind.GHA:
            return {}
        return {_FIRST: self.gha_environment.get(_RESULTS, ""), **self.gha_environment}


def cache_arguments(cache: Cache, image: Image) -> tuple[str, ...]:
    """The options for one image's build.

    The runner tells container actions nothing of the cache service's version, so it stands here,
    and so does its address: a buildx before 0.21 (Debian's) knows neither.
    """
    match cache.kind:
        case CacheKind.NONE:
            return ()
        case CacheKind.REGISTRY:
            tag = f"cache-{image.reference.tag or 'latest'}"[:_MAX_TAG]
            where = f"type=registry,ref={image.reference.with_tag(tag)}"
            export = f"{where},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true"
        case CacheKind.GHA:
            scope = f"tfimages-{image.name}".replace(",", "-")
            service = cache.gha_environment.get(_RESULTS, "")
            where = f"type=gha,version=2,url_v2={service},scope={scope}"
            export = f"{where},mode=max,ignore-error=true"
        case _:
            assert_never(cache.kind)
    return (f"--cache-from={where}", f"--cache-to={export}")


def missing_for(cache: Cache, engine: EngineInfo, builder: BuilderInfo) -> str:
    """What this builder lacks for the cache; empty where it can."""
    if cache.kind is CacheKind.NONE:
        return ""
    if builder.driver is DriverKind.DOCKER and not engine.containerd_store:
        return (
            f"cache: {cache.kind} does nothing here: the engine's own builder exports no cache "
            "from the classic image store; switch on the containerd one or name a `builder`"
        )
    given = cache.gha_environment
    if cache.kind is CacheKind.GHA and not (given.get(_TOKEN) and given.get(_RESULTS)):
        return "cache: gha does nothing here: it works in a job of GitHub Actions only"
    return ""
