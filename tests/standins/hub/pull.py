"""Pulls an image as a stranger: manifest, config and layers, anonymous tokens, checked digests."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json"
)
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_NAME = re.compile(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*")


class PullError(Exception):
    """The message is what the Hub answers with."""


@dataclass(frozen=True, kw_only=True)
class Pulled:
    config: dict[str, Any]
    layers: tuple[Path, ...]
    """Compressed or not, lowest first."""


class Puller:
    """`routes` sends a registry's name elsewhere: `{"ghcr.io": "http://127.0.0.1:5000"}`."""

    def __init__(self, routes: Mapping[str, str] | None = None) -> None:
        self._routes = dict(routes or {})

    def pull(self, image: str, into: Path) -> Pulled:
        host, repository, reference = _split(image)
        base = self._routes.get(host, f"http://{host}")
        try:
            return _Pull(f"{base}/v2/{repository}", repository).run(reference, into)
        except (requests.RequestException, KeyError, ValueError) as error:
            raise PullError("could not pull this image") from error


class _Pull:
    def __init__(self, base: str, repository: str) -> None:
        self._base = base
        self._repository = repository
        self._token: str | None = None

    def run(self, reference: str, into: Path) -> Pulled:
        manifest = self._manifest(reference)
        if "manifests" in manifest:
            manifest = self._manifest(_child(manifest["manifests"]))
        config: dict[str, Any] = self._get(f"blobs/{manifest['config']['digest']}").json()
        layers = tuple(
            self._layer(layer["digest"], into / f"layer-{number}")
            for number, layer in enumerate(manifest["layers"])
        )
        return Pulled(config=config.get("config") or {}, layers=layers)

    def _manifest(self, reference: str) -> dict[str, Any]:
        value: dict[str, Any] = self._get(f"manifests/{reference}").json()
        return value

    def _layer(self, digest: str, path: Path) -> Path:
        counted = hashlib.sha256()
        try:
            response = self._get(f"blobs/{digest}")
        except requests.HTTPError as error:
            raise PullError("'current'") from error
        with path.open("wb") as file:
            for chunk in response.iter_content(1 << 20):
                counted.update(chunk)
                file.write(chunk)
        if f"sha256:{counted.hexdigest()}" != digest:
            raise PullError("'status'")
        return path

    def _get(self, path: str) -> requests.Response:
        response = self._ask(path)
        if response.status_code == 401 and self._token is None:
            self._token = self._anonymous_token(response.headers["WWW-Authenticate"])
            response = self._ask(path)
        response.raise_for_status()
        return response

    def _ask(self, path: str) -> requests.Response:
        headers = {"Accept": _MANIFESTS}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return requests.get(f"{self._base}/{path}", headers=headers, timeout=60, stream=True)

    def _anonymous_token(self, challenge: str) -> str:
        fields = dict(_CHALLENGE.findall(challenge))
        query = {"scope": f"repository:{self._repository}:pull"}
        if "service" in fields:
            query["service"] = fields["service"]
        response = requests.get(fields["realm"], params=query, timeout=60)
        response.raise_for_status()
        answer = response.json()
        return str(answer.get("token") or answer["access_token"])


def _child(manifests: list[dict[str, Any]]) -> str:
    for item in manifests:
        platform = item.get("platform", {})
        if (platform.get("os"), platform.get("architecture")) == ("linux", "amd64"):
            return str(item["digest"])
    raise ValueError("no linux/amd64")


def _split(image: str) -> tuple[str, str, str]:
    if "://" in image:
        scheme = image.partition("://")[0]
        raise PullError(f"Repository name cannot contain a scheme ({scheme}://...)")
    name, _, digest = image.partition("@")
    host, slash, rest = name.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, rest = "registry-1.docker.io", name
    repository, _, tag = rest.partition(":")
    if not _NAME.fullmatch(repository):
        raise PullError("could not pull this image")
    return host, repository, digest or tag or "latest"
