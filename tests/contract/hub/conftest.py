"""The same tests on the stand-in and, with TFIMAGES_TEST_HUB_URL and _TOKEN set, on a live Hub.

TFIMAGES_TEST_HUB_IMAGE names the small public image that a live Hub is asked to convert.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.bed import oci
from tests.bed.registry import running_registry
from tests.contract.hub.target import FILES, Target
from tests.standins.hub.server import running_hub

_LIVE_IMAGE = "hello-world:latest"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """(url, token, image) of the Hub that this run is held against."""
    url = os.environ.get("TFIMAGES_TEST_HUB_URL")
    if url:
        image = os.environ.get("TFIMAGES_TEST_HUB_IMAGE", _LIVE_IMAGE)
        yield url.rstrip("/"), os.environ["TFIMAGES_TEST_HUB_TOKEN"], image
        return
    data = tmp_path_factory.mktemp("hub")
    with running_registry() as registry, running_hub(data, window_s=0.05) as standin:
        config = {"Entrypoint": ["/bin/tool"], "Cmd": ["-x"], "Env": ["A=1"]}
        oci.push(registry.url, "contract/small:1.0", [oci.layer(FILES)], config)
        standin.storage.folder("alice.3bot").mkdir()
        yield standin.url, standin.tokens.issue("alice.3bot"), f"{registry.host}/contract/small:1.0"


@pytest.fixture
def target(hub: tuple[str, str, str]) -> Iterator[Target]:
    url, token, image = hub
    target = Target(url=url, token=token, image=image)
    yield target
    target.clean()
