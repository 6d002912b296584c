"""Work done once per content: shared by the catalogs that one run reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tfimages_action.core.dockerfile.model import Dockerfile
from tfimages_action.core.dockerfile.parse import parse
from tfimages_action.core.dockerfile.resolve import Resolution


@dataclass(slots=True, kw_only=True)
class Memo:
    """Parsed Dockerfiles by blob id, and what they depend on by all that it rests on."""

    dockerfiles: dict[str, Dockerfile] = field(default_factory=dict)
    resolutions: dict[tuple[object, ...], Resolution] = field(default_factory=dict)

    def dockerfile(self, blob: str, path: str, read: Callable[[str], bytes]) -> Dockerfile:
        """The parsed Dockerfile of that blob id. Raises `DockerfileError`."""
        known = self.dockerfiles.get(blob)
        if known is None:
            known = self.dockerfiles[blob] = parse(read(blob), path=path)
        return known
