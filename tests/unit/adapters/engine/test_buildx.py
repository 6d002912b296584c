"""Which builder a name or an address means."""

from pathlib import Path

import pytest

from tfimages_action.adapters.engine.buildx import BuilderInfo, DriverKind, _address
from tfimages_action.errors import ExitCode


def nobody(container: str) -> bool:
    raise AssertionError(f"nobody should ask for {container}")


@pytest.mark.parametrize(
    "address",
    ["tcp://host:1234", "unix:///run/b.sock", "docker-container://made", "kube-pod://pod?a=b"],
)
def test_an_address_stands_for_itself(address: str) -> None:
    assert _address(address, None, nobody) == address


def test_in_a_job_a_name_is_the_container_that_buildx_made_for_it() -> None:
    asked: list[str] = []

    def runs(container: str) -> bool:
        asked.append(container)
        return True

    found = _address("builder-12ab", None, runs)
    assert found == "docker-container://buildx_buildkit_builder-12ab0"
    assert asked == ["buildx_buildkit_builder-12ab0"]
    assert _address("builder-12ab", None, lambda _: False) == ""


def test_a_name_of_the_users_own_is_left_to_buildx() -> None:
    assert _address("mine", Path("/home/me/.docker/buildx"), nobody) == ""
    assert _address("", None, nobody) == ""


def test_a_lost_builder_is_named_as_the_user_named_it_and_may_come_back() -> None:
    address = "tcp://far:1234"
    info = BuilderInfo(name="tfimages", driver=DriverKind.REMOTE, platforms=(), address=address)
    error = info.lost("while it built hero: EOF")
    assert info.container == ""
    assert error.exit_code is ExitCode.ENGINE_LOST
    assert error.transient
    assert error.message == f"the builder {address} went away while it built hero: EOF"


@pytest.mark.parametrize(
    ("driver", "address", "again"),
    [
        (DriverKind.CONTAINER, "", True),
        (DriverKind.REMOTE, "docker-container://buildx_buildkit_b0", False),
    ],
)
def test_an_ended_container_is_started_again_by_its_own_driver_alone(
    driver: DriverKind, address: str, *, again: bool
) -> None:
    info = BuilderInfo(name="b", driver=driver, platforms=(), address=address)
    assert info.container == "buildx_buildkit_b0"
    assert info.lost("while it built hero: EOF").transient
    error = info.lost("while it built hero: EOF", "its container ended with 137")
    assert error.transient is again
    assert "EOF (its container ended with 137)" in error.message
    assert "docker logs buildx_buildkit_b0" in error.hint


def test_a_container_of_another_engine_is_not_looked_for_here() -> None:
    address = "docker-container://b?context=far"
    info = BuilderInfo(name="b", driver=DriverKind.REMOTE, platforms=(), address=address)
    assert info.container == ""
