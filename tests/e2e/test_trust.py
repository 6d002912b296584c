"""What was published can be checked by anyone: attested, recorded, audited, as a runner runs it."""

from __future__ import annotations

import hashlib
import json

import pytest
import requests
from click.testing import CliRunner

from tests.bed.world import World
from tests.standins.hub import flists
from tfimages_action.core import flist_name
from tfimages_action.doors import terminal

pytestmark = pytest.mark.slow

IMAGE = "alone"
MAY_SIGN = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://example.invalid/id-token",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "id-token-request",
}


def test_attested_recorded_and_audited(world: World) -> None:
    inputs = {"only": IMAGE, "attest": "true"}
    refused = world.publish("v1", inputs)
    assert refused.exit_code == 2
    assert "id-token: write" in refused.log
    assert refused.outputs["attest-subjects"] == ""

    made = world.publish("v1", inputs, env=MAY_SIGN)
    assert made.exit_code == 0, made.log
    assert MAY_SIGN["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] not in made.raw
    address = made.output("flists")[IMAGE]
    file = requests.get(address, timeout=30).content
    digest = world.digest(IMAGE, "latest")
    assert made.outputs["attest-subjects"].splitlines() == [
        f"{digest.removeprefix('sha256:')}  {world.namespace}/{IMAGE}",
        f"{hashlib.sha256(file).hexdigest()}  {address.rpartition('/')[2]}",
    ]

    stable = flist_name.of_image(f"{world.namespace}/{IMAGE}:latest")
    where = f"{world.hub.url}/{world.hub_user}/{stable}"
    image = f"{world.namespace}/{IMAGE}"
    arguments = ["verify", where, "--image", image, "--hub-url", world.hub.url, "--json"]
    checked = CliRunner().invoke(terminal.app, arguments)
    assert checked.exit_code == 0, checked.exception
    assert json.loads(checked.output)["record"]["version"] == "v1"

    audit = {"mode": "audit", "only": IMAGE}
    clean = world.publish("v1", audit)
    assert clean.exit_code == 0, clean.log
    assert "all serve what was published" in clean.summary
    assert "no root was recorded" not in clean.log
    whole = flists.read(file)
    assert whole is not None
    content = world.hub.storage.folder(world.hub_user) / address.rpartition("/")[2]
    content.write_bytes(flists.part(whole).content)
    found = world.publish("v1", audit)
    assert found.exit_code == 1
    assert "1 not as published" in found.summary
    assert " was recorded" in found.summary
    assert "another flist" in str(CliRunner().invoke(terminal.app, arguments).exception)
