"""A repository that lives in memory: tags, branches, commits. Both sides of `Sources`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.bed.revisions import MemoryRevision
from tfimages_action.core.tree import blob_id
from tfimages_action.doors.planning.revisions import Sources
from tfimages_action.errors import RevisionError


@dataclass
class History:
    """Commits in order; a name (tag or not) leads to one."""

    commits: dict[str, MemoryRevision] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    bases: dict[tuple[str, str], str] = field(default_factory=dict)
    origin: str | None = None

    def commit(self, files: Mapping[str, str], *, tag: str = "", on: str = "") -> str:
        """Add a commit of these files (on top of those of `on`), and return its id."""
        before = self.commits[on].files if on else {}
        number = str(len(self.commits) + 1).encode()
        identity = blob_id(number)
        self.commits[identity] = MemoryRevision(
            files={**before, **files}, name=tag or identity, commit=identity
        )
        if tag:
            self.names[tag] = identity
        return identity

    @property
    def sources(self) -> Sources:
        return Sources(local=None, remote=self)

    def tags(self) -> tuple[str, ...]:
        return tuple(self.names)

    def commit_of(self, name: str) -> str | None:
        return self.names.get(name, name if name in self.commits else None)

    def object_of(self, name: str) -> str | None:
        return self.names.get(name)

    def revision(self, name: str) -> MemoryRevision:
        commit = self.commit_of(name)
        if commit is None:
            raise RevisionError(f"no revision {name}")
        return replace(self.commits[commit], name=name)

    def merge_base(self, base: str, head: str) -> str | None:
        return self.bases.get((base, head))
