"""What a run publishes for."""

from __future__ import annotations

from tfimages_action.core.published.names import BranchPush, Occasion, Release
from tfimages_action.doors.inputs.event import Event
from tfimages_action.doors.planning.revisions import Comparison


def occasion_of(comparison: Comparison, event: Event) -> Occasion:
    """Tell what the run publishes for: a release, or a branch's push."""
    if comparison.tag is not None:
        return Release(version=comparison.tag)
    default = (event.payload.get("repository") or {}).get("default_branch", "")
    branch = event.ref_name or comparison.current.name
    commit = comparison.current.commit
    if commit is None:
        # Never pushed (`Request.worktree` demands that): a name for flists made here.
        return BranchPush(branch="worktree", commit="edited")
    return BranchPush(branch=branch, commit=commit, trunk=bool(default) and branch == default)
