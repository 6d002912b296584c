"""Puts small images into a registry, byte by byte: no engine, a known content."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

import requests

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_TIMEOUT_S = 30
MTIME = 1_700_000_000


@dataclass(frozen=True, kw_only=True)
class File:
    """One path of a layer: a file unless `target` or `kind` says otherwise."""

    path: str
    content: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    target: str = ""
    kind: bytes = tarfile.REGTYPE


def layer(files: Sequence[File]) -> bytes:
    """A layer's plain tar."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file in files:
            member = tarfile.TarInfo(file.path)
            member.type = tarfile.SYMTYPE if file.target and file.kind == b"0" else file.kind
            member.size = len(file.content) if member.isreg() else 0
            member.linkname, member.mode = file.target, file.mode
            member.uid, member.gid, member.mtime = file.uid, file.gid, MTIME
            tar.addfile(member, io.BytesIO(file.content))
    return packed.getvalue()


def push(
    registry: str,
    reference: str,
    layers: Sequence[bytes],
    config: Mapping[str, object],
    **more: object,
) -> str:
    """Push an image as `repository:tag` to the registry at this URL; returns its digest.

    `more` stands beside what an image's config must have: `created`, say.
    """
    repository, _, tag = reference.rpartition(":")
    rootfs = {"type": "layers", "diff_ids": [digest(plain) for plain in layers]}
    whole = {"architecture": "amd64", "os": "linux", "config": config, "rootfs": rootfs, **more}
    packed = [gzip.compress(plain, 1, mtime=0) for plain in layers]
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _put(registry, repository, json.dumps(whole).encode(), _CONFIG),
        "layers": [_put(registry, repository, data, _LAYER) for data in packed],
    }
    body = json.dumps(manifest).encode()
    response = requests.put(
        f"{registry}/v2/{repository}/manifests/{tag}",
        data=body,
        headers={"Content-Type": _MANIFEST},
        timeout=_TIMEOUT_S,
    )
    response.raise_for_status()
    return digest(body)


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _put(registry: str, repository: str, data: bytes, kind: str) -> dict[str, object]:
    base = f"{registry}/v2/{repository}/blobs/uploads/"
    begun = requests.post(base, timeout=_TIMEOUT_S)
    begun.raise_for_status()
    place = urljoin(base, begun.headers["Location"])
    done = requests.put(
        place,
        params={"digest": digest(data)},
        data=data,
        headers={"Content-Type": "application/octet-stream"},
        timeout=_TIMEOUT_S,
    )
    done.raise_for_status()
    return {"mediaType": kind, "digest": digest(data), "size": len(data)}
