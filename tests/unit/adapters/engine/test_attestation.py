"""Attestations are refused where they would be left out."""

import pytest

from tests.bed.engine_infos import builder_info, engine_info
from tfimages_action.adapters.engine.attestation import refuse_unattested
from tfimages_action.adapters.engine.buildx import DriverKind
from tfimages_action.adapters.engine.command import BuildOptions
from tfimages_action.errors import RefusedError


def refuse(options: BuildOptions, driver: DriverKind, *, containerd: bool) -> None:
    refuse_unattested(options, engine_info(containerd=containerd), builder_info(driver))


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        (BuildOptions(provenance=True), "provenance can't"),
        (BuildOptions(sbom=True), "sbom can't"),
        (BuildOptions(provenance=True, sbom=True), "provenance and sbom can't"),
    ],
)
def test_the_classic_store_is_refused_with_a_cure(options: BuildOptions, asked: str) -> None:
    with pytest.raises(RefusedError, match=asked) as caught:
        refuse(options, DriverKind.DOCKER, containerd=False)
    assert "containerd-snapshotter" in caught.value.hint


def test_whoever_can_is_let_be() -> None:
    wanted = BuildOptions(provenance=True, sbom=True)
    refuse(wanted, DriverKind.DOCKER, containerd=True)
    refuse(wanted, DriverKind.CONTAINER, containerd=False)
    refuse(BuildOptions(), DriverKind.DOCKER, containerd=False)
