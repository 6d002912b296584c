"""The catalogs that a plan compares."""

from __future__ import annotations

from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.catalog.memo import Memo
from tfimages_action.core.catalog.model import Catalog
from tfimages_action.core.tree import Revision


class Catalogs:
    """Catalogs of several revisions; what they share is read once."""

    def __init__(self, options: CatalogOptions) -> None:
        self._options = options
        self._memo = Memo()
        self._by_commit: dict[str, Catalog] = {}

    def read(self, revision: Revision) -> Catalog:
        return build_catalog(revision, self._options, memo=self._memo)

    def read_leniently(self, revision: Revision) -> Catalog:
        """Read an older revision, whose mistakes nobody can mend any more."""
        key = revision.commit or revision.name
        if key not in self._by_commit:
            self._by_commit[key] = build_catalog(
                revision, self._options, memo=self._memo, lenient=True
            )
        return self._by_commit[key]
