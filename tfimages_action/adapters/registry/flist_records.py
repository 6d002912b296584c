"""Writes and reads records of proved flists (core/published/flist_record.py): a small push each."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Protocol

from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.adapters.registry.manifest import digest_of
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.published import denial, flist_record
from tfimages_action.core.published.flist_record import FlistRecord
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.report import Flist
from tfimages_action.core.run.work import Log, Visibility
from tfimages_action.errors import RegistryError, StageError
from tfimages_action.leftovers.folders import owned_folder

_EMPTY: Final = digest_of(flist_record.EMPTY)


class Probe(Protocol):
    """Asks a registry without credentials."""

    def visibility(self, reference: ImageReference) -> Visibility:
        """Whether a stranger can read exactly this."""


class FlistRecorder:
    """The pipeline's `Recorder`: the registry keeps what was proved."""

    def __init__(
        self,
        client: RegistryClient,
        probe: Probe,
        *,
        version: str = "",
        revision: str = "",
    ) -> None:
        self._client = client
        self._probe = probe
        self._version = version
        self._revision = revision

    def record(self, image: Image, digest: str, flist: Flist, *, log: Log) -> Flist:
        """Write down the flist's root, unless just that is written there; see pipeline/ports.py."""
        name = flist_record.place(image.reference, digest)
        record = FlistRecord(
            digest=digest,
            root=flist.merkle_root,
            name=flist.name,
            address=flist.address,
            md5=flist.md5,
            fingerprint=image.fingerprint,
            version=self._version,
            revision=self._revision,
        )
        try:
            self._write(name, record)
        except StageError as error:
            # The flist is proved all the same; what lacks is that others can check it.
            return flist.recorded(
                "", f"the root of the flist could not be recorded: {error.message}; {error.hint}"
            )
        log(f"recorded {record.root} as {name}")
        return flist.recorded(str(name), self._warning(name))

    def _write(self, name: ImageReference, record: FlistRecord) -> None:
        body = flist_record.as_manifest(record)
        digest = digest_of(body)
        there = read_flist_record(self._client, name)
        if there is not None and _same(there, record):
            return
        with owned_folder("record") as folder:
            files = {_EMPTY: folder / "empty", digest: folder / "manifest"}
            files[_EMPTY].write_bytes(flist_record.EMPTY)
            files[digest].write_bytes(body)
            self._client.upload(
                name,
                blobs=[_EMPTY],
                manifests=[digest],
                where=files.__getitem__,
                log=lambda _: None,
            )

    def _warning(self, name: ImageReference) -> str:
        if self._probe.visibility(name) is Visibility.PUBLIC:
            return ""
        return (
            f"the recorded root of the flist can't be read without a login, so nobody else can "
            f"check it: make the package public: {denial.settings_page(name)}"
        )


def read_flist_record(client: RegistryClient, name: ImageReference) -> FlistRecord | None:
    """The record under `name`; `None` where there is none. Raises what the registry's client does.

    Raises `RegistryError` for what stands there and is no record.
    """
    manifest = client.manifest(name)
    if manifest is None:
        return None
    record = flist_record.read(manifest.content)
    if record is None:
        raise RegistryError(f"{name} holds something else than the record of an flist")
    return record


def _same(there: FlistRecord, now: FlistRecord) -> bool:
    """Whether nothing new is to be said; by which release it was said first is kept."""
    return replace(there, version="", revision="") == replace(now, version="", revision="")
