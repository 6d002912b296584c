"""Whether two builds made the same files: one root over all that isn't different in any two builds.

Times don't count (flist/merkle.py leaves them out), and neither do the paths below: what they hold
is made anew by each build or each boot, and says nothing of what the image does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from tfimages_action.flist.entries import Entry
from tfimages_action.flist.merkle import merkle_root

VOLATILE: Final[tuple[tuple[str, str], ...]] = (
    (r"/var/log/.+", "what apt, dpkg and others wrote while they installed, with times"),
    (r"/var/lib/apt/lists/.+", "the package lists of that hour"),
    (r"/var/cache/apt/.+", "made from the lists"),
    (r"/var/cache/ldconfig/aux-cache", "holds inodes and times of the libraries"),
    (r"/var/cache/debconf/.+-old", "the state before the last package"),
    (r"/var/lib/dpkg/.+-old", "the state before the last package"),
    (r"/etc/machine-id", "drawn at random"),
    (r"/var/lib/dbus/machine-id", "drawn at random"),
    (r"/etc/ssh/ssh_host_[a-z0-9]+_key(\.pub)?", "drawn at random"),
    (r"/.+/__pycache__/[^/]+\.pyc", "hold the time of their source"),
    (r"/etc/(passwd|shadow|group|gshadow|subuid|subgid)-", "the state before the last user"),
)
"""(pattern of the whole path, why it differs in any two builds)."""

_VOLATILE: Final = re.compile("|".join(f"(?:{pattern})" for pattern, _ in VOLATILE), re.DOTALL)


def content_root(entries: Iterable[Entry]) -> str:
    """The Merkle root without what differs in any two builds."""
    return merkle_root(entry for entry in entries if not _VOLATILE.fullmatch(entry.path))
