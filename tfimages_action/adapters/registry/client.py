"""A thin client of the distribution API: digests, manifests, labels, tags, and more names.

https://distribution.github.io/distribution/spec/api/. `None` means a 404 and nothing else; every
other answer that is no success raises.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import requests

from tfimages_action.adapters.registry.image_config import labels_of
from tfimages_action.adapters.registry.manifest import ACCEPT, Manifest, digest_of, parsed_object
from tfimages_action.adapters.registry.transport import PULL, PUSH, Login, Patience, Transport
from tfimages_action.adapters.registry.upload import Uploader
from tfimages_action.core.credentials import Credentials
from tfimages_action.core.published import denial
from tfimages_action.core.reference import ImageReference, is_digest
from tfimages_action.errors import RegistryError
from tfimages_action.stopping import Heeding

_DIGEST_HEADER: Final = "Docker-Content-Digest"
_PAGE: Final = 1000


class RegistryClient:
    """Every registry that a run meets, each with its own credentials. Thread-safe."""

    def __init__(
        self, *, credentials: tuple[Credentials, ...] = (), patience: Patience | None = None
    ) -> None:
        self._credentials = {known.registry: known for known in credentials}
        self._patience = patience
        self._transports: dict[str, Transport] = {}
        self._blobs: dict[str, dict[str, str]] = {}
        self.heeding = Heeding()
        """Within `heeding(stop)` every request ends with a `StageError` once `stop` is set."""

    def digest(self, reference: ImageReference) -> str | None:
        """The digest of what a reference names now, by HEAD."""
        answer = self._ask("HEAD", reference, f"manifests/{_target(reference)}", accept=ACCEPT)
        if answer is None:
            return None
        # The header is optional in the specification: then the manifest itself tells.
        found = answer.headers.get(_DIGEST_HEADER, "")
        if is_digest(found):
            return found
        manifest = self.manifest(reference)
        return manifest.digest if manifest else None

    def manifest(self, reference: ImageReference) -> Manifest | None:
        """The manifest that a reference names now, held against its digest."""
        answer = self._ask("GET", reference, f"manifests/{_target(reference)}", accept=ACCEPT)
        if answer is None:
            return None
        digest = digest_of(answer.content)
        wanted = reference.digest or answer.headers.get(_DIGEST_HEADER, digest)
        if wanted.startswith("sha256:") and wanted != digest:
            raise RegistryError(f"{reference}: the registry sent {digest} for {wanted}")
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
        return Manifest(media_type=media_type, digest=digest, body=answer.content)

    def put(self, reference: ImageReference, manifest: Manifest) -> None:
        """Store a manifest under a reference; its blobs must be there."""
        answer = self._ask(
            "PUT",
            reference,
            f"manifests/{reference.tag or manifest.digest}",
            actions=PUSH,
            content_type=manifest.media_type,
            data=manifest.body,
        )
        if answer is None:
            raise RegistryError(f"{reference}: the registry has no such repository")
        given = answer.headers.get(_DIGEST_HEADER, manifest.digest)
        if given != manifest.digest:
            raise RegistryError(f"{reference}: the registry made {given} of {manifest.digest}")

    def give_name(self, source: ImageReference, name: ImageReference) -> bool:
        """Give the manifest with the source's digest a name in the same repository.

        The same bytes and media type, so the same digest; `False` where it bore the name already.
        """
        if source.name != name.name:
            raise RegistryError(f"{name} can't name {source}: it is in another repository")
        if self.digest(name) == source.digest:
            return False
        manifest = self.manifest(source)
        if manifest is None:
            raise RegistryError(f"{source} is gone from the registry")
        self.put(name, manifest)
        return True

    def upload(
        self,
        name: ImageReference,
        *,
        blobs: Iterable[str],
        manifests: Iterable[str],
        where: Callable[[str], Path],
        log: Callable[[str], None],
    ) -> str:
        """Upload an image from files, `where` telling each digest's; gives its digest.

        The last of `manifests` is the image, and gets the name; those before it are its parts.
        """
        known = self._blobs.setdefault(name.registry, {})
        Uploader(self._transport(name.registry), name, known).upload(blobs, where, log)
        digest = ""
        *parts, whole = manifests
        for digest in (*parts, whole):
            body = where(digest).read_bytes()
            media_type = str(json.loads(body).get("mediaType", ""))
            manifest = Manifest(media_type=media_type, digest=digest, body=body)
            named = name if digest == whole else replace(name, tag=None)
            self.put(named, manifest)
        return digest

    def labels(self, reference: ImageReference, digest: str) -> Mapping[str, str] | None:
        """The labels of the image with that digest (of an index: of its linux/amd64 image)."""
        config = self.config(reference, digest)
        if config is None:
            return None
        return labels_of(config)

    def config(self, reference: ImageReference, digest: str) -> Mapping[str, Any] | None:
        """The config of the image with that digest (of an index: of its linux/amd64 image)."""
        manifest = self.manifest(reference.with_digest(digest))
        if manifest is not None and manifest.is_index:
            inner = manifest.platform_digest()
            manifest = self.manifest(reference.with_digest(inner)) if inner else None
        if manifest is None:
            return None
        blob = manifest.config()
        answer = self._ask("GET", reference, f"blobs/{blob}") if blob else None
        if answer is None:
            return None
        return parsed_object(answer.content, f"{reference}: the image's config")

    def size(self, reference: ImageReference, digest: str) -> int:
        """Compressed bytes of an image: every config and layer once, of all its platforms."""
        manifest = self.manifest(reference.with_digest(digest))
        if manifest is None:
            return 0
        children = manifest.children() if manifest.is_index else ()
        found = [self.manifest(reference.with_digest(child)) for child in children]
        images = [child for child in found if child] if manifest.is_index else [manifest]
        return sum(dict(blob for image in images for blob in image.blobs()).values())

    def login(self, registry: str) -> Login:
        """Tell what a registry says to the credentials that we have for it."""
        return self._transport(registry).login()

    def refuses_strangers(self, reference: ImageReference) -> bool:
        """Tell whether a registry that we have no credentials for lets nobody push without."""
        return self._transport(reference.registry).refuses_strangers(reference.repository)

    def tags(self, reference: ImageReference) -> tuple[str, ...]:
        """Every tag of a repository; none where there is no such repository."""
        url: str | None = f"/v2/{reference.repository}/tags/list?n={_PAGE}"
        tags: dict[str, None] = {}
        while url:
            answer = self._request("GET", reference, url)
            if answer is None:
                break
            page = parsed_object(answer.content, f"{reference.name}: the list of its tags")
            listed = page.get("tags")
            found = listed if isinstance(listed, list) else ()
            fresh = [tag for tag in found if isinstance(tag, str) and tag not in tags]
            tags.update(dict.fromkeys(fresh))
            # A registry that pages for ever would keep us here.
            following = answer.links.get("next", {}).get("url") if fresh else None
            url = urljoin(answer.url, following) if following else None
        return tuple(tags)

    def _ask(
        self,
        method: str,
        reference: ImageReference,
        path: str,
        *,
        actions: str = PULL,
        accept: str = "",
        content_type: str = "",
        data: bytes | None = None,
    ) -> requests.Response | None:
        headers = {"Accept": accept, "Content-Type": content_type}
        return self._request(
            method,
            reference,
            f"/v2/{reference.repository}/{path}",
            actions=actions,
            headers={name: value for name, value in headers.items() if value},
            data=data,
        )

    def _request(
        self,
        method: str,
        reference: ImageReference,
        url: str,
        *,
        actions: str = PULL,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> requests.Response | None:
        answer = self._transport(reference.registry).request(
            method,
            url,
            repository=reference.repository,
            actions=actions,
            headers=headers,
            data=data,
        )
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if not answer.ok:
            raise denial.explain(reference, answer.status_code, answer.text)
        return answer

    def _transport(self, registry: str) -> Transport:
        # Two threads may both make one: the later is kept, the other serves its one request.
        if registry not in self._transports:
            self._transports[registry] = Transport(
                registry,
                credentials=self._credentials.get(registry),
                patience=self._patience,
                heeding=self.heeding,
            )
        return self._transports[registry]


def _target(reference: ImageReference) -> str:
    return reference.digest or reference.tag or "latest"
