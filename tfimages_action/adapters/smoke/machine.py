"""The boot check of full VMs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import docker

from tfimages_action.adapters.smoke.limit import Limit
from tfimages_action.adapters.smoke.place import Place
from tfimages_action.core.checks import BootCheck
from tfimages_action.core.work import BuiltArchive, Log
from tfimages_action.errors import StageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Boots archives under QEMU."""

    client: docker.DockerClient
    place: Place
    artifacts: Path

    def boot(self, built: BuiltArchive, check: BootCheck, limit: Limit, log: Log) -> str:
        """Refuse: this version boots no machine, and an unproved one is not published."""
        log(f"{limit.seconds:.0f} s would be left")
        raise StageError(f"{built.image.name}: {check} can't be made by this version")
