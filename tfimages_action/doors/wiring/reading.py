"""Whom a run asks for what is published: registry, Hub, and the folder of flists made here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.published import flist_record
from tfimages_action.core.published.record import FlistState, RecordAnswer
from tfimages_action.core.reference import ImageReference
from tfimages_action.doors.hub import actions as hub_actions
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.planning.readers import BaseAnswer, ReadBases, Readers, ReadRoot
from tfimages_action.doors.wiring.logins import credentials_for
from tfimages_action.doors.wiring.signing_in import sign_in
from tfimages_action.errors import TfImagesError

if TYPE_CHECKING:
    from tfimages_action.adapters.hub.reading import HubReader
    from tfimages_action.adapters.local_flists import Exports, LocalFlists
    from tfimages_action.adapters.registry.client import RegistryClient

_ATTEMPTS: Final = 2
"""Somebody may be waiting; but one lost answer is no reason to plan without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFolder:
    """A user's flists on the Hub, which it shows to anybody."""

    hub: HubReader
    user: str


def local_flists(settings: Settings, exports: Exports | None = None) -> LocalFlists:
    """Open the folder of the flists made here; only to convert and prove it needs `exports`."""
    from tfimages_action.adapters.local_flists import LocalFlists

    return LocalFlists(Path(settings.flist_dir), exports)


def readers_of(settings: Settings, client: RegistryClient, folder: HubFolder | None) -> Readers:
    """Tell whom to ask for what is published: the registry, and the Hub or the local folder."""
    from tfimages_action.adapters.hub.states import vm_rollbacks
    from tfimages_action.adapters.registry.records import RecordReader

    records, bases = RecordReader(client).read, _base_reader(client)
    if settings.convert and settings.local:
        made = local_flists(settings)
        return Readers(
            records=records,
            bases=bases,
            tags=client.tags,
            archives=made.records,
            rollbacks=made.rollbacks,
            flists=made.states,
        )
    if folder is None:
        return Readers(records=records, bases=bases, tags=client.tags)
    return Readers(
        records=records,
        bases=bases,
        tags=client.tags,
        rollbacks=lambda images: vm_rollbacks(folder.hub, folder.user, images),
        archives=_archive_reader(folder),
        flists=_flist_reader(settings, folder),
        roots=_root_reader(client),
    )


def readers_to_look(settings: Settings, event: Event, registry: str) -> tuple[Readers, str]:
    """Whom a plan alone asks, and why not for flists: empty where they are asked for.

    With `hub-user` no token is needed, and none is sent; without it the token says whose they are.
    """
    from tfimages_action.adapters.registry.client import RegistryClient
    from tfimages_action.adapters.registry.transport import Patience

    folder, why = None, ""
    if settings.convert and not settings.local:
        folder, why = _folder_to_look_at(settings)
    client = RegistryClient(
        credentials=credentials_for(settings, event, registry),
        patience=Patience(attempts=_ATTEMPTS),
    )
    return readers_of(settings, client, folder), why


def _folder_to_look_at(settings: Settings) -> tuple[HubFolder | None, str]:
    if settings.hub_user:
        return HubFolder(hub=hub_actions.reader(settings), user=settings.hub_user), ""
    if not settings.hub_token:
        return None, "name the Hub's user (hub-user), or set TFHUB_TOKEN"
    try:
        hub = sign_in(settings)
    except TfImagesError as error:
        return None, error.message
    return HubFolder(hub=hub, user=hub.user), ""


def _base_reader(client: RegistryClient) -> ReadBases:
    def answer(reference: ImageReference) -> BaseAnswer:
        try:
            digest = client.digest(reference)
        except TfImagesError as error:
            return BaseAnswer(digest=None, cause=error.message)
        return BaseAnswer(digest=digest, cause="" if digest else "it is not in its registry")

    return lambda references: {reference: answer(reference) for reference in references}


def _root_reader(client: RegistryClient) -> ReadRoot:
    from tfimages_action.adapters.registry.flist_records import read_flist_record

    return lambda image, digest: read_flist_record(
        client, flist_record.place(image.reference, digest)
    )


def _archive_reader(folder: HubFolder) -> Callable[[Iterable[Image]], Mapping[str, RecordAnswer]]:
    from tfimages_action.adapters.hub.states import vm_record

    return lambda images: {
        image.name: vm_record(folder.hub, folder.user, image) for image in images
    }


def _flist_reader(
    settings: Settings, folder: HubFolder
) -> Callable[[Mapping[str, str], Iterable[Image]], Mapping[str, FlistState]]:
    from tfimages_action.adapters.hub.states import flist_states

    def read(digests: Mapping[str, str], images: Iterable[Image]) -> Mapping[str, FlistState]:
        pairs = [(image, digests[image.name]) for image in images if image.name in digests]
        links = settings.flist_layout == "links"
        return flist_states(folder.hub, folder.user, pairs, links=links)

    return read
