"""What goes over the wire, and what doesn't."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.hub.world import LIMITS, USER, World
from tests.standins.hub.faults import Fault
from tests.standins.hub.server import running_hub
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.adapters.hub.errors import (
    HubBrokenPromiseError,
    HubNotFoundError,
    HubRefusedUsError,
    HubUnknownError,
    HubUnsafeError,
)
from tfimages_action.adapters.hub.reading import HubReader
from tfimages_action.adapters.hub.token import Token
from tfimages_action.adapters.hub.transport import Transport


def test_a_granted_active_user_is_acted_for(tmp_path: Path) -> None:
    with running_hub(tmp_path, aliases={"official-apps": USER}) as standin:
        token = Token(standin.tokens.issue(USER))
        transport = Transport(standin.url, token=token, active_user="official-apps", limits=LIMITS)
        assert Hub.sign_in(transport).user == "official-apps"


def test_no_cookie_comes_back_and_the_public_half_sends_no_token(world: World) -> None:
    client = world.client()
    client.listing(USER)
    client.mine("x.flist")
    assert not [headers for headers in world.standin.headers if "cookie" in headers]
    told = [h for h in world.standin.headers if "authorization" in h]
    assert len(told) == 1  # sign_in alone


def test_the_password_file_of_the_user_has_no_say(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password planted\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    world.client()
    HubReader(Transport(world.standin.url)).listing(USER)
    sent = [headers.get("authorization", "") for headers in world.standin.headers]
    assert not [value for value in sent if value.startswith("Basic")]


def test_names_travel_encoded(world: World) -> None:
    world.publish(world.push("v1"), "v1")
    client = world.client()
    client.link(world.stable, "a b#c?d%é.flist")
    assert client.mine("a b#c?d%é.flist") is not None
    assert client.download(USER, "a b#c?d%é.flist", io.BytesIO()).size > 0


def test_absent_is_not_unreachable(world: World) -> None:
    client = world.client()
    assert client.mine("none.flist") is None
    assert client.listing("nobody") is None
    with pytest.raises(HubNotFoundError):
        client.download(USER, "none.flist", io.BytesIO())
    world.standin.stop()
    with pytest.raises(Exception, match="can't be reached"):
        client.mine("none.flist")


def test_a_link_is_believed_when_it_is_read_back(world: World) -> None:
    world.publish(world.push("v1"), "v1")
    client = world.client()
    world.standin.faults.inject(Fault.MISPLACED_LINK)
    with pytest.raises(HubBrokenPromiseError, match="other users' folders"):
        client.link(world.stable, "x.flist")


def test_nothing_is_promoted_onto_itself_by_way_of_a_link(world: World) -> None:
    source = world.push("v1")
    world.publish(source, "v1")
    client = world.client()
    with pytest.raises(HubUnsafeError):
        client.promote(USER, world.stable, world.content(source))
    assert world.served() == "v1"


def test_what_a_link_leads_to_is_neither_renamed_nor_deleted(world: World) -> None:
    source = world.push("v1")
    world.publish(source, "v1")
    client = world.client()
    with pytest.raises(HubUnsafeError, match="would serve nothing"):
        client.delete(world.content(source))
    with pytest.raises(HubUnsafeError, match="would serve nothing"):
        client.rename(world.content(source), "other.flist")
    assert world.served() == "v1"


def test_a_first_user_is_told_to_make_something_first(world: World) -> None:
    client = world.client("carol.3bot")
    with pytest.raises(HubUnsafeError, match="no folder"):
        client.crosslink("x.flist", USER, "y.flist")
    with pytest.raises(HubUnsafeError, match="no folder"):
        client.tag("v1", "x.flist", USER, "y.flist")
    with pytest.raises(HubUnsafeError, match="no folder"):
        client.merge("x.flist", [f"{USER}/y.flist"])


def test_a_slow_hub_is_waited_for_and_a_dead_one_is_not(world: World) -> None:
    source = world.push("v1")
    world.standin.workshop.delay_s = 0.3  # within the limit of a conversion, silent
    token = Token(world.standin.tokens.issue(USER))
    limits = replace(LIMITS, convert_s=2)
    client = Hub.sign_in(Transport(world.standin.url, token=token, limits=limits))
    name = world.image.reference.with_tag(str(source.references[0].tag))
    assert client.convert(str(name)).credible
    world.standin.faults.inject(Fault.HANG)
    with pytest.raises(HubUnknownError):
        client.convert(str(name))


def test_losses_that_no_flist_can_avoid_are_told(world: World) -> None:
    source = world.push("v1")
    world.source.entrypoint = ("/sbin/zinit", "--x")
    with pytest.raises(Exception, match=r"/\.startup\.toml: startup"):
        world.publish(source, "v1")
    assert any("warning: the Hub drops CMD (init)" in line for line in world.lines)


def test_a_bad_token_is_found_before_anything_is_built(world: World) -> None:
    transport = Transport(world.standin.url, token=Token("bm90IGEgdG9rZW4="))
    with pytest.raises(HubRefusedUsError, match="does not accept the token") as caught:
        type(world.client()).sign_in(transport)
    assert caught.value.exit_code == 2
    assert "bm90" not in caught.value.render()


def test_an_active_user_that_is_not_granted_is_found_too(world: World) -> None:
    token = Token(world.standin.tokens.issue(USER))
    transport = Transport(world.standin.url, token=token, active_user="official-apps")
    with pytest.raises(HubRefusedUsError, match=r"works for alice\.3bot .* not for official-apps"):
        type(world.client()).sign_in(transport)
