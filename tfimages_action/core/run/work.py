"""The values that pass between the pipeline and what does its work: requests and results.

They stand in the core because the adapters make them and the pipeline (which knows no adapter)
consumes them; the Protocols themselves are in pipeline/ports.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.problem import Problem
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.tree import Revision

Log = Callable[[str], None]
"""Takes one line (without its newline) of a stage's log. Thread-safe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedParent:
    """What a `FROM` of the repository stands for in this build: exactly this image."""

    written: str
    """The reference as the Dockerfile has it after expansion."""
    source: str
    """BuildKit's source: `docker-image://...` or `oci-layout://...`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """Everything a build needs; nothing else may influence it."""

    image: Image
    revision: Revision
    parents: tuple[PinnedParent, ...] = ()
    externals: tuple[tuple[str, str], ...] = ()
    """(reference as written, digest) of each external image, resolved before building.

    One that is only known locally has no digest and does not stand here.
    """
    labels: tuple[tuple[str, str], ...] = ()
    no_cache: bool = False
    source_date_epoch: int = 0
    """Seconds since 1970: the commit's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """A container image that was built here (or loaded, for a check)."""

    image: Image
    image_id: str
    """The engine's id, `sha256:...`: the config's digest on the classic image store, the
    manifest's (of several platforms the index's) on the containerd store."""
    local: str
    """What the engine calls it: a name of this run, or its id."""
    size_bytes: int
    source: str = ""
    """How a child's build pins exactly this (`PinnedParent.source`)."""
    layers: tuple[str, ...] = ()
    """diff ids, lowest first."""
    problems: tuple[Problem, ...] = ()
    """What BuildKit found questionable, on its line of the Dockerfile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltArchive:
    """A full VM's root filesystem, packed; `path` lives until the run ends."""

    image: Image
    path: Path
    sha256: str
    size_bytes: int
    problems: tuple[Problem, ...] = ()

    @property
    def digest(self) -> str:
        """Of the archive's bytes: `sha256:...`."""
        return f"sha256:{self.sha256}"


Built = BuiltImage | BuiltArchive


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check of one image."""

    name: str
    ok: bool
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A manifest in the registry, and the names that were given to it."""

    digest: str
    references: tuple[ImageReference, ...]
    """What a converter is given starts with the content name (see core/published/names.py)."""
    size_bytes: int = 0
    """Compressed: the manifest's layers and config."""


FlistSource = Published | BuiltArchive
"""What an flist is made of. With push off (`convert-by: upload` only), the image that the engine
holds stands in as a `Published` whose digest is the image ID and whose reference is the local name.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """What an image starts, as its config says it; `None` where the config has no such field."""

    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    env: tuple[str, ...] = ()
    """`NAME=value`, in the config's order."""
    workdir: str = ""


class Visibility(StrEnum):
    """Whether a stranger (the Hub is one) can pull an image."""

    PUBLIC = "public"
    PRIVATE = "private"
    """Or absent: most registries don't tell a stranger which."""
    ABSENT = "absent"
