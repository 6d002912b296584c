"""Manifests as bytes and as what they say.

https://github.com/opencontainers/image-spec/blob/main/manifest.md, and Docker's two older types.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tfimages_action.errors import RegistryError

OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
MEDIA_TYPES: Final = (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST)
ACCEPT: Final = ", ".join(MEDIA_TYPES)
_PREFERRED: Final = ("linux", "amd64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One manifest or index, exactly as the registry holds it."""

    media_type: str
    digest: str
    body: bytes

    @property
    def content(self) -> Mapping[str, Any]:
        """The parsed body. Raises `RegistryError` where it is no JSON object."""
        return parsed_object(self.body, f"manifest {self.digest}")

    @property
    def is_index(self) -> bool:
        """Whether it lists manifests of several platforms."""
        return self.media_type in {OCI_INDEX, DOCKER_LIST}

    def platform_digest(self) -> str | None:
        """Of an index: the manifest for linux/amd64, else the first one that is an image.

        Attestations stand in an index as `unknown/unknown`: they are no images.
        """
        images = []
        for digest, entry in self._described("manifests"):
            platform = entry.get("platform") or {}
            if not isinstance(platform, dict):
                raise self._garbled
            if platform.get("os") != "unknown":
                images.append((platform.get("os"), platform.get("architecture"), digest))
        best = [digest for system, machine, digest in images if (system, machine) == _PREFERRED]
        return next(iter(best or [digest for *_, digest in images]), None)

    def children(self) -> tuple[str, ...]:
        """Of an index: the digests of its manifests."""
        return tuple(digest for digest, _ in self._described("manifests"))

    def config(self) -> str | None:
        """Of a manifest: the digest of its config; `None` for what is no image."""
        return next((digest for digest, _ in self._described("config")), None)

    def blobs(self) -> Iterator[tuple[str, int]]:
        """Of a manifest: digest and compressed size of its config and layers."""
        for digest, entry in (*self._described("config"), *self._described("layers")):
            size = entry.get("size")
            if not isinstance(size, int):
                raise self._garbled
            yield digest, size

    def _described(self, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Digest and descriptor of each thing under a key: one, several or none."""
        found = self.content.get(key) or ()
        for entry in found if isinstance(found, list | tuple) else (found,):
            digest = entry.get("digest") if isinstance(entry, dict) else None
            if not isinstance(digest, str):
                raise self._garbled
            yield digest, entry

    @property
    def _garbled(self) -> RegistryError:
        return RegistryError(f"manifest {self.digest} does not say what it is made of")


def parsed_object(body: bytes, what: str) -> Mapping[str, Any]:
    """The JSON object in a registry's answer. Raises `RegistryError` where it is none."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RegistryError(f"{what} is no JSON") from error
    if not isinstance(parsed, dict):
        raise RegistryError(f"{what} is no JSON object")
    return parsed


def digest_of(body: bytes) -> str:
    """What a registry calls these bytes."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
