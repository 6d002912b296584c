from __future__ import annotations

from pathlib import Path
from typing import cast

import docker
import pytest
from docker.errors import NotFound

from tfimages_action.adapters.smoke.place import Place, find_place

_ID = "4f" * 32
_LINE = f"1 2 0:1 /var/lib/docker/containers/{_ID}/hostname /etc/hostname rw - ext4 /dev/vda rw\n"


class _Api:
    def __init__(self, networks: tuple[str, ...]) -> None:
        self._networks = networks

    def inspect_container(self, container_id: str) -> object:
        if container_id != _ID or not self._networks:
            raise NotFound("no such container")
        return {"Id": _ID, "NetworkSettings": {"Networks": dict.fromkeys(self._networks)}}


@pytest.mark.parametrize(
    ("mountinfo", "networks", "place"),
    [
        (_LINE, ("github_network_1",), Place(container_id=_ID, network="github_network_1")),
        (_LINE, ("host",), Place(container_id=_ID, network=None)),
        (_LINE, (), Place()),
        ("1 2 0:1 / / rw - ext4 /dev/vda rw\n", ("bridge",), Place()),
    ],
)
def test_where_we_are(
    tmp_path: Path, mountinfo: str, networks: tuple[str, ...], place: Place
) -> None:
    file = tmp_path / "mountinfo"
    file.write_text(mountinfo)
    client = cast("docker.DockerClient", type("Client", (), {"api": _Api(networks)})())
    assert find_place(client, file) == place
    assert find_place(client, tmp_path / "absent") == Place()
