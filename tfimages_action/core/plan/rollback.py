"""Moving names that somebody took back on purpose, and how long they stay there. Pure.

A rollback leaves a mark: on the digest that the moving name goes back to one more name,
`rolled-back-from-v28` (for a full VM a link on the Hub), where v28 is the greatest release there is
at that moment. While the moving name bears the mark's digest, no release up to v28 moves it, no
repair of one, and no refresh. A greater release moves it on, and so does whoever moves it by hand:
the mark then counts for nothing, and nobody has to remove it.

What was rolled back is published all the same. So planning takes the release's own result, which
bears its fingerprint's name, for what is there: nothing is built again, and children stand on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tfimages_action.core.plan import wording
from tfimages_action.core.plan.knowledge import Knowledge
from tfimages_action.core.published.record import Record
from tfimages_action.core.tags import VersionTag


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """A rollback in force: the moving name and its mark bear the same digest."""

    since: VersionTag
    """No release up to this one moves the names."""
    serves: str = ""
    """The release that the moving names serve, where its label says so."""
    released: Record | None = None
    """What was published from the current source, under its own name."""

    def holds(self, version: VersionTag | None) -> bool:
        """Whether a run for this version (`None`: for none) leaves the names alone."""
        return version is None or version <= self.since


def with_rollbacks(
    known: Knowledge, rollbacks: Mapping[str, Rollback], version: VersionTag | None
) -> Knowledge:
    """Take what was rolled back for published, and say so; or that this run moves it on."""
    holding = {name: one for name, one in rollbacks.items() if one.holds(version)}
    released = {name: one.released for name, one in holding.items() if one.released}
    return replace(
        known,
        records={**known.records, **released},
        promotable={k: record for k, record in known.promotable.items() if k not in released},
        rolled_back={name: one.since.text for name, one in holding.items()},
        remarks={name: _remark(one, name in holding) for name, one in rollbacks.items()},
    )


def _remark(rollback: Rollback, holds: bool) -> str:
    to = f" to {wording.revision(rollback.serves)}" if rollback.serves else ""
    said = f"its moving names were rolled back from {rollback.since.text}{to}"
    return f"{said} and stay there" if holds else f"{said}, and this release moves them on"
