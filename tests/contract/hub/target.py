"""A Hub under test, the stand-in or a live one, spoken to in plain HTTP: no client between."""

from __future__ import annotations

import gzip
import io
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests

from tests.bed import oci
from tests.bed.oci import File

SETTLE_S = 0.3
FILES = (
    File(path="etc/motd", content=b"hello\n"),
    File(path="bin/tool", content=b"\x7fELF" + b"x" * 600_000, mode=0o4755),
    File(path="etc/alias", target="motd"),
)


@dataclass(kw_only=True)
class Target:
    """All names of a test start with `prefix`; what they made is removed after it."""

    url: str
    token: str
    image: str
    """A small image that a stranger can pull, with an entry point or command."""
    user: str = ""
    prefix: str = field(default_factory=lambda: f"tf-contract-{uuid.uuid4().hex[:10]}")

    def __post_init__(self) -> None:
        self.user = str(self.me("GET").json()["payload"]["username"])

    def name(self, stem: str) -> str:
        return f"{self.prefix}-{stem}.flist"

    def call(self, method: str, *parts: str, **options: Any) -> requests.Response:
        path = "/".join(quote(part, safe="") for part in parts)
        options.setdefault("timeout", 300)
        return requests.request(method, f"{self.url}/{path}", allow_redirects=False, **options)

    def me(self, method: str, *parts: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"bearer {self.token}", **options.pop("headers", {})}
        return self.call(method, "api", "flist", "me", *parts, headers=headers, **options)

    def light(self, name: str) -> requests.Response:
        return self.call("GET", "api", "flist", self.user, name, "light")

    def upload(
        self, name: str, data: bytes | None = None, fields: Mapping[str, str] | None = None
    ) -> requests.Response:
        data = archive() if data is None else data
        files = {"file": (f"{uuid.uuid4().hex}.tar.gz", data)}
        original = {"X-Original-Name": name.removesuffix(".flist") + ".tar.gz"}
        return self.me("POST", "upload", files=files, data=fields or {}, headers=original)

    def uploaded(self, stem: str) -> str:
        """A good flist under a new name."""
        name = self.name(stem)
        answer = self.upload(name)
        assert answer.json()["payload"]["files"]["success"] is True, answer.text
        return name

    def clean(self) -> None:
        answer = self.call("GET", "api", "flist", self.user)
        for entry in answer.json() if answer.status_code == 200 else ():
            if entry["type"] == "tag" and entry["name"].startswith(self.prefix):
                self._untag(entry["name"])
        for entry in answer.json() if answer.status_code == 200 else ():
            if entry["type"] != "tag" and entry["name"].startswith(self.prefix):
                self.me("DELETE", entry["name"])

    def _untag(self, tag: str) -> None:
        for link in self.call("GET", "api", "flist", self.user, "tags", tag).json():
            repository, name = link["target"].split("/")
            self.me("DELETE", tag, link["name"], "tag", repository, name)


def archive(files: Sequence[File] = FILES) -> bytes:
    return gzip.compress(oci.layer(files), 1, mtime=0)


def flist_bytes(target: Target, name: str) -> io.BytesIO:
    """The flist as it is once nobody is replacing it any more."""
    time.sleep(SETTLE_S)
    answer = target.call("GET", target.user, name)
    assert answer.status_code == 200
    return io.BytesIO(answer.content)
