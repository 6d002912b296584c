"""An image as an OCI layout: what a builder outside the engine hands over.

https://github.com/opencontainers/image-spec/blob/main/image-layout.md. Children are built on it,
the engine loads one platform of it for the checks, and its very bytes are pushed.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tfimages_action.errors import StageError

_SCHEME: Final = "oci-layout://"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A folder with one image (of one or several platforms) in it."""

    folder: Path
    digest: str
    """Of its manifest or index."""

    @classmethod
    def read(cls, folder: Path) -> Layout:
        """Read what a build has just written."""
        entries = json.loads((folder / "index.json").read_bytes())["manifests"]
        return cls(folder=folder, digest=entries[0]["digest"])

    @classmethod
    def of_source(cls, source: str) -> Layout | None:
        """The layout that a BuildKit source names; `None` where it names something else."""
        if not source.startswith(_SCHEME):
            return None
        folder, _, digest = source.removeprefix(_SCHEME).rpartition("@")
        return cls(folder=Path(folder), digest=digest)

    @property
    def source(self) -> str:
        """How a child's build pins it."""
        return f"{_SCHEME}{self.folder}@{self.digest}"

    def blob(self, digest: str) -> Path:
        """The file of a blob."""
        algorithm, _, value = digest.partition(":")
        return self.folder / "blobs" / algorithm / value

    def manifest(self, digest: str) -> Mapping[str, Any]:
        """A manifest or index, parsed."""
        content: Mapping[str, Any] = json.loads(self.blob(digest).read_bytes())
        return content

    def manifests(self) -> tuple[str, ...]:
        """The digests of all manifests in it, each after those that it lists."""
        children = self.manifest(self.digest).get("manifests", ())
        return (*(child["digest"] for child in children), self.digest)

    def blobs(self) -> tuple[str, ...]:
        """The digests of all configs and layers in it."""
        found: dict[str, None] = {}
        for digest in self.manifests():
            content = self.manifest(digest)
            for entry in (*content.get("layers", ()), content.get("config")):
                if entry:
                    found[entry["digest"]] = None
        return tuple(found)

    def for_platform(self, platform: str) -> Mapping[str, Any]:
        """The manifest for a platform, as `linux/amd64`. Raises `StageError`."""
        top = self.manifest(self.digest)
        if "layers" in top:
            return top
        system, machine, *_ = platform.split("/")
        for entry in top.get("manifests", ()):
            about = entry.get("platform") or {}
            if (about.get("os"), about.get("architecture")) == (system, machine):
                return self.manifest(entry["digest"])
        raise StageError(
            f"the image has no {platform}, which this engine runs: its checks can't run here",
            hint=f"add {platform} to `platforms:`",
        )

    def archive(self, platform: str, name: str) -> Iterator[bytes]:
        """One platform as `docker load` takes it, in pieces, under a name."""
        manifest = self.for_platform(platform)
        config, layers = (
            manifest["config"]["digest"],
            [layer["digest"] for layer in manifest["layers"]],
        )
        table = [
            {
                "Config": _member(config),
                "RepoTags": [name],
                "Layers": [_member(layer) for layer in layers],
            }
        ]
        yield from _packed("manifest.json", json.dumps(table).encode())
        for digest in dict.fromkeys((config, *layers)):
            yield from _packed(_member(digest), self.blob(digest))
        yield bytes(2 * tarfile.BLOCKSIZE)


def _member(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _packed(name: str, content: bytes | Path) -> Iterator[bytes]:
    header = tarfile.TarInfo(name)
    header.size = content.stat().st_size if isinstance(content, Path) else len(content)
    yield header.tobuf()
    with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as file:
        while chunk := file.read(_CHUNK):
            yield chunk
    yield bytes(-header.size % tarfile.BLOCKSIZE)
