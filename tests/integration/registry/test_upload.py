"""Blobs from files, into a registry that wants a token for every repository."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.bed.registry import Registry, running_registry
from tests.bed.tokens import TokenServer, running_tokens
from tests.standins.script import Reply, scripted_server
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.adapters.registry.transport import Transport
from tfimages_action.adapters.registry.upload import Uploader
from tfimages_action.core.credentials import Credentials
from tfimages_action.core.reference import ImageReference

_CONFIG = b'{"architecture":"amd64","os":"linux"}'
_LAYER = b"a layer, or what a registry takes for one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """A registry behind its tokens, and a client that may push."""

    registry: Registry
    tokens: TokenServer
    client: RegistryClient
    folder: Path

    def upload(self, repository: str) -> list[str]:
        """Upload the one image there is into a repository; gives the lines of its log."""
        blobs = [self._blob(_CONFIG), self._blob(_LAYER)]
        manifest = self._blob(json.dumps(_manifest(*blobs)).encode())
        lines: list[str] = []
        self.client.upload(
            ImageReference.parse(f"{self.registry.host}/{repository}:1"),
            blobs=blobs,
            manifests=[manifest],
            where=lambda digest: self.folder / digest,
            log=lines.append,
        )
        return lines

    def _blob(self, content: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        (self.folder / digest).write_bytes(content)
        return digest


def _manifest(config: str, layer: str) -> dict[str, Any]:
    kind = "application/vnd.oci.image"
    return {
        "schemaVersion": 2,
        "mediaType": f"{kind}.manifest.v1+json",
        "config": {"mediaType": f"{kind}.config.v1+json", "digest": config, "size": len(_CONFIG)},
        "layers": [
            {"mediaType": f"{kind}.layer.v1.tar", "digest": layer, "size": len(_LAYER)},
        ],
    }


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    with (
        running_tokens(tmp_path, user="me", password="secret") as tokens,
        running_registry(tokens=tokens) as registry,
    ):
        known = Credentials(registry=registry.host, username="me", password="secret")
        client = RegistryClient(credentials=(known,))
        yield Guarded(registry=registry, tokens=tokens, client=client, folder=tmp_path)


def test_what_another_repository_has_is_mounted_from_there(guarded: Guarded) -> None:
    assert [line.partition(": ")[2] for line in guarded.upload("me/one")] == ["Pushed"] * 2
    before = len(guarded.registry.accesses())
    said = guarded.upload("me/two")
    assert [line.partition(": ")[2] for line in said] == ["Mounted from me/one"] * 2
    assert guarded.registry.uploads(before) == ()
    both = ("repository:me/two:pull,push", "repository:me/one:pull")
    assert both in [scopes for scopes, _ in guarded.tokens.asked]


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        ("/v2/me/one/uploads/1", "/v2/me/one/uploads/1?digest="),
        ("/v2/me/one/uploads/1?state=x", "/v2/me/one/uploads/1?state=x&digest="),
    ],
)
def test_a_blob_goes_where_the_registry_says(tmp_path: Path, location: str, sent: str) -> None:
    digest = f"sha256:{hashlib.sha256(_LAYER).hexdigest()}"
    (tmp_path / digest).write_bytes(_LAYER)
    begun = Reply(code=202, headers=(("Location", location),))
    with scripted_server([Reply(code=404), begun, Reply(code=201)]) as server:
        reference = ImageReference.parse(f"{server.host}/me/one:1")
        uploader = Uploader(Transport(server.host), reference, {})
        uploader.upload([digest], lambda name: tmp_path / name, lambda _line: None)
    method, path, _ = server.asked[-1]
    assert method == "PUT"
    assert path == f"{sent}{quote(digest, safe='')}"


def test_where_it_may_not_be_read_it_is_sent_again(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded.upload("me/one")
    allowed = guarded.tokens._allowed

    def narrow(scope: str, *, signed_in: bool) -> dict[str, Any]:
        granted = allowed(scope, signed_in=signed_in)
        return {**granted, "actions": []} if ":me/one:" in scope else granted

    monkeypatch.setattr(guarded.tokens, "_allowed", narrow)
    said = guarded.upload("me/two")
    assert [line.partition(": ")[2] for line in said] == ["Pushed"] * 2
