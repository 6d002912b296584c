"""What the build of an image results in."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a build results in."""

    CONTAINER = "container"
    VM = "vm"
