"""A private home for child processes: credentials in a file of ours alone, gone with the run.

The user's own Docker configuration is neither read nor written: a later step of the job must not
find our credentials there, and no plug-in, hook or helper that it names may run here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tfimages_action.core.credentials import Credentials
from tfimages_action.core.reference import DOCKER_HUB
from tfimages_action.leftovers.folders import owned_folder

_DOCKER_HUB_KEY: Final = "https://index.docker.io/v1/"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateHome:
    """Folders that only this user may enter (0700), removed when the run ends."""

    root: Path

    @property
    def work(self) -> Path:
        """Where contexts, layouts and archives lie while they are needed."""
        return self.root / "work"

    @property
    def environment(self) -> Mapping[str, str]:
        """What a child needs to live here."""
        return {
            "HOME": str(self.root),
            "DOCKER_CONFIG": str(self.root / "docker"),
            "BUILDX_CONFIG": str(self.root / "buildx"),
        }


@contextmanager
def private_home(
    credentials: Iterable[Credentials] = (), *, parent: Path | None = None
) -> Iterator[PrivateHome]:
    """Make the folders below `parent` (the system's temporary folder), and remove them again.

    Those of runs that were killed are removed too.
    """
    with owned_folder("home", parent) as root:
        home = PrivateHome(root=root)
        home.work.mkdir(mode=0o700)
        config = root / "docker"
        config.mkdir(mode=0o700)
        file = config / "config.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps({"auths": _auths(credentials)}))
        yield home


def _auths(credentials: Iterable[Credentials]) -> dict[str, dict[str, str]]:
    return {
        _DOCKER_HUB_KEY if known.registry == DOCKER_HUB else known.registry: {
            "auth": base64.b64encode(f"{known.username}:{known.password}".encode()).decode()
        }
        for known in credentials
    }
