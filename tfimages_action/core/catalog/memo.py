"""Work done once per content: shared by the catalogs that one run reads.

Two versions of a repository differ in little. What one catalog was made from is kept, and the next
one takes over whatever stands on equal ground: equal entries (which git revisions even share),
equal configuration, equal parents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from tfimages_action.core.catalog.discovery import Discovery, Folder
from tfimages_action.core.catalog.draft import Draft
from tfimages_action.core.catalog.ignore import Counting
from tfimages_action.core.catalog.links import Links
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.dockerfile.model import Dockerfile
from tfimages_action.core.dockerfile.parse import parse
from tfimages_action.core.dockerfile.resolution import Resolution
from tfimages_action.core.graph import build_order
from tfimages_action.errors import TfImagesError

Linked = tuple[Resolution, Links]


@dataclass(slots=True, kw_only=True)
class Memo:
    """What is known already. Each value stands beside all that it depends on."""

    dockerfiles: dict[str, Dockerfile] = field(default_factory=dict)
    """By blob id."""
    counting: Counting = field(default_factory=Counting)
    images: dict[str, tuple[tuple[object, ...], Image]] = field(default_factory=dict)
    """By name: the parts it was assembled from, and the image."""
    _order: tuple[dict[str, list[str]], tuple[str, ...]] = field(default_factory=lambda: ({}, ()))
    discovery: Discovery = field(default_factory=Discovery)
    _drafts: dict[tuple[object, ...], dict[str, tuple[Folder, tuple[Draft, ...]]]] = field(
        default_factory=dict
    )
    _targets: dict[str, str] = field(default_factory=dict)
    _linked: dict[str, tuple[Draft, Linked]] = field(default_factory=dict)

    def drafts_under(
        self, options: object, shared: str
    ) -> dict[str, tuple[Folder, tuple[Draft, ...]]]:
        """By path what became of folders that stand alone, under these options and images.yaml."""
        return self._drafts.setdefault((options, shared), {})

    def links_among(self, targets: dict[str, str]) -> dict[str, tuple[Draft, Linked]]:
        """Where drafts' references led, as long as references lead to the same images."""
        if self._targets != targets:
            self._targets, self._linked = targets, {}
        return self._linked

    def order(self, parents: dict[str, list[str]]) -> tuple[str, ...]:
        """The build order. Raises `CycleFoundError`."""
        if self._order[0] != parents:
            self._order = (parents, build_order(parents))
        return self._order[1]

    def read_ahead(self, blobs: Iterable[str], read: Callable[[str], bytes]) -> None:
        """Read, then parse: one thing at a time for all of them takes half of doing both for each.

        What can't be read or parsed is passed over here; `dockerfile` will say so.
        """
        found = []
        for blob in {*blobs} - self.dockerfiles.keys():
            with suppress(TfImagesError):
                found.append((blob, read(blob)))
        for blob, data in found:
            with suppress(TfImagesError):
                self.dockerfiles[blob] = parse(data)

    def dockerfile(self, blob: str, path: str, read: Callable[[str], bytes]) -> Dockerfile:
        """The parsed Dockerfile of that blob id. Raises `DockerfileError`."""
        known = self.dockerfiles.get(blob)
        if known is None:
            known = self.dockerfiles[blob] = parse(read(blob), path=path)
        return known
