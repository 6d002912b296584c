"""Which of an index's manifests is the image that we read."""

import json

import pytest

from tfimages_action.adapters.registry.manifest import OCI_INDEX, Manifest

AMD64 = {"os": "linux", "architecture": "amd64"}
ARM64 = {"os": "linux", "architecture": "arm64"}
ATTESTATION = {"os": "unknown", "architecture": "unknown"}


@pytest.mark.parametrize(
    ("platforms", "chosen"),
    [
        ((ATTESTATION, ARM64, AMD64), 2),
        (({"os": "windows", "architecture": "amd64"}, AMD64), 1),
        ((ATTESTATION, ARM64), 1),
        ((ATTESTATION, None), 1),
        ((ATTESTATION,), None),
        ((), None),
    ],
)
def test_the_platform_we_run_on_is_chosen_then_the_first_image(
    platforms: tuple[dict[str, str] | None, ...], chosen: int | None
) -> None:
    manifests = [
        {"digest": f"sha256:{number}", "platform": platform}
        for number, platform in enumerate(platforms)
    ]
    body = json.dumps({"manifests": manifests}).encode()
    found = Manifest(media_type=OCI_INDEX, digest="", body=body).platform_digest()
    assert found == (None if chosen is None else f"sha256:{chosen}")
