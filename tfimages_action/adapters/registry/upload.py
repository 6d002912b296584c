"""Uploads the blobs and manifests of an image that lies on this machine.

https://distribution.github.io/distribution/spec/api/#initiate-blob-upload
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urljoin

import requests

from tfimages_action.adapters.registry.transport import PUSH, Transport
from tfimages_action.core.published import denial
from tfimages_action.core.reference import ImageReference

_OCTETS: Final = "application/octet-stream"


class Uploader:
    """Brings blobs into one repository; one that is there already is left alone."""

    def __init__(
        self, transport: Transport, reference: ImageReference, known: dict[str, str]
    ) -> None:
        """`known` tells a repository of the same registry for a blob, and learns more of them."""
        self._transport = transport
        self._reference = reference
        self._known = known

    def upload(
        self, digests: Iterable[str], where: Callable[[str], Path], log: Callable[[str], None]
    ) -> None:
        """Upload each blob from its file. Raises `RegistryError` or `StageError`."""
        for digest in digests:
            there = self._has(digest)
            done = "Layer already exists" if there else self._send(digest, where(digest))
            self._known.setdefault(digest, self._reference.repository)
            log(f"{digest[:19]}: {done}")

    def _has(self, digest: str) -> bool:
        answer = self._ask("HEAD", f"{self._base}/{digest}", None)
        return answer.status_code == HTTPStatus.OK

    def _send(self, digest: str, file: Path) -> str:
        other = self._known.get(digest, "")
        begun = self._begin(digest, other)
        if begun.status_code == HTTPStatus.CREATED:
            return f"Mounted from {other}"
        target = urljoin(begun.url, begun.headers.get("Location", ""))
        joint = "&" if "?" in target else "?"
        done = self._ask("PUT", f"{target}{joint}{urlencode({'digest': digest})}", file)
        self._demand(done)
        return "Pushed"

    def _begin(self, digest: str, other: str) -> requests.Response:
        if other:
            query = urlencode({"mount": digest, "from": other})
            begun = self._ask("POST", f"{self._base}/uploads/?{query}", None, other)
            if begun.ok:
                return begun
            # What we may push to says nothing of what we may read: then the blob itself goes up.
        begun = self._ask("POST", f"{self._base}/uploads/", None)
        self._demand(begun)
        return begun

    @property
    def _base(self) -> str:
        return f"/v2/{self._reference.repository}/blobs"

    def _ask(self, method: str, url: str, file: Path | None, source: str = "") -> requests.Response:
        return self._transport.request(
            method,
            url,
            repository=self._reference.repository,
            actions=PUSH,
            source=source,
            headers={"Content-Type": _OCTETS} if file else None,
            data=file,
        )

    def _demand(self, answer: requests.Response) -> None:
        if not answer.ok:
            raise denial.explain(self._reference, answer.status_code, answer.text)
