"""A proof of what the Hub made, and the less that may be asked for instead."""

from __future__ import annotations

import pytest

from tests.bed.oci import File
from tests.integration.hub.world import World, layer
from tests.standins.hub.faults import Fault
from tfimages_action.adapters.hub.choices import Verify
from tfimages_action.errors import StageError


def test_an_export_that_is_cut_proves_nothing(world: World) -> None:
    source = world.push("v1")
    world.source.cut = True
    with pytest.raises(StageError, match="cut"):
        world.publish(source, "v1")
    assert world.served() is None


def test_a_wrong_flist_is_named_by_what_differs(world: World) -> None:
    source = world.push("v1")
    other = layer(File(path="etc/release", content=b"v9", mode=0o600))
    world.source.add(source.digest, [other])
    with pytest.raises(StageError) as caught:
        world.publish(source, "v1")
    assert "/etc/release: mode: expected 0600, found 0644" in caught.value.message
    assert "/sbin/zinit: extra" in caught.value.message
    assert world.served() is None


@pytest.mark.parametrize("verify", [Verify.COUNTS, Verify.NONE])
def test_less_verification_is_not_called_a_proof(world: World, verify: Verify) -> None:
    flist = world.publish(world.push("v1"), "v1", world.converter(verify=verify))
    assert not flist.verified
    assert flist.entries > 10
    assert world.served() == "v1"
    assert world.source.exports == (1 if verify is Verify.COUNTS else 0)


@pytest.mark.parametrize("verify", [Verify.COUNTS, Verify.NONE])
def test_even_then_an_empty_flist_is_not_taken(world: World, verify: Verify) -> None:
    source = world.push("v1")
    world.standin.faults.inject(Fault.STORAGE_DOWN)
    converter = world.converter(verify=verify)
    with pytest.raises(StageError):
        world.once(converter, source, "v1")
    assert world.served() is None
    fresh = world.converter(verify=verify)
    candidate = world.convert(fresh, source)
    with pytest.raises(StageError):
        world.verify(fresh, source, candidate)


def test_counts_see_what_is_missing(world: World) -> None:
    source = world.push("v1")
    world.standin.faults.inject(Fault.CUT_ARCHIVE)
    converter = world.converter(verify=Verify.COUNTS)
    candidate = world.convert(converter, source)
    with pytest.raises(StageError, match="files: count: expected"):
        world.verify(converter, source, candidate)
