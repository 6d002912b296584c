"""Submodules among the files of a build: it finds an empty folder there, whatever was checked out.

A revision knows no more of a submodule than its commit, and that is what counts in fingerprints.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tfimages_action.core.catalog.context import build_files
from tfimages_action.core.catalog.files import Files
from tfimages_action.core.plan import wording
from tfimages_action.core.plan.model import Plan
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.tree import FileMode, Revision
from tfimages_action.errors import Location

_LIST: Final = ".gitmodules"


def left_out_submodules(plan: Plan, revision: Revision) -> Iterator[Problem]:
    """A warning where builds lack the files of submodules; no file is looked at without any."""
    if not plan.builds or revision.tree().file(_LIST) is None:
        return
    files = Files(revision)
    files.tree("")  # listed once: else every image's folder would be by itself
    found = {
        step.image.name: paths
        for step in plan.builds
        if (
            paths := [
                entry.path
                for context in build_files(step.image, files).contexts
                for entry in context.entries
                if entry.mode is FileMode.SUBMODULE
            ]
        )
    }
    if not found:
        return
    paths = sorted({path for every in found.values() for path in every})
    yield Problem(
        severity=Severity.WARNING,
        message=f"builds of {wording.some([*found])} find an empty folder in place of the "
        f"submodule {wording.some(paths)}",
        hint="fetch it in the Dockerfile (`ADD https://.../name.git#COMMIT /src`), or keep its "
        "files in the repository itself",
        location=Location(path=paths[0]),
    )
