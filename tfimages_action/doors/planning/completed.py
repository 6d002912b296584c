"""A revision of a partial clone (`filter: blob:none`), completed by GitHub's API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Protocol

from tfimages_action.core.tree import KnowsLargeFiles, Revision, Tree
from tfimages_action.errors import RevisionError


class LocalRevision(Revision, KnowsLargeFiles, Protocol):
    """What a clone gives."""


class CompletedRevision:
    """The clone's as far as it goes. Nothing is asked for where it holds all."""

    def __init__(self, local: LocalRevision, remote: Callable[[], Revision]) -> None:
        """`remote` finds the same revision on GitHub."""
        self._local = local
        self._find_remote = remote

    @property
    def name(self) -> str:
        return self._local.name

    @property
    def commit(self) -> str | None:
        return self._local.commit

    @property
    def created(self) -> datetime:
        return self._local.created

    def tree(self, under: str = "") -> Tree:
        try:
            return self._local.tree(under)
        except RevisionError:
            return self._remote.tree(under)

    def read(self, blob: str) -> bytes:
        try:
            return self._local.read(blob)
        except RevisionError:
            return self._remote.read(blob)

    def lacks_large_file(self, blob: str) -> bool:
        return self._local.lacks_large_file(blob)

    @cached_property
    def _remote(self) -> Revision:
        return self._find_remote()
