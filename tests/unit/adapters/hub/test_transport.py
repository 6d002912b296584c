"""Addresses: every name is encoded, and none can leave its place."""

import io

import pytest
import requests

from tfimages_action.adapters.hub import transport
from tfimages_action.adapters.hub.errors import HubUnknownError, HubUnsafeError
from tfimages_action.adapters.hub.transport import Transport
from tfimages_action.errors import SettingsError


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("ubuntu-24.04.flist", "ubuntu-24.04.flist"),
        ("a name@v1.flist", "a%20name%40v1.flist"),
        ("ü?x#y%.flist", "%C3%BC%3Fx%23y%25.flist"),
        ("a+b&c=d.flist", "a%2Bb%26c%3Dd.flist"),
    ],
)
def test_names_are_encoded(name: str, encoded: str) -> None:
    hub = Transport("https://hub.example/")
    assert hub.address(("alice.3bot", name)) == f"https://hub.example/alice.3bot/{encoded}"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(HubUnsafeError):
        Transport("https://hub.example").address(("api", name))


@pytest.mark.parametrize("url", ["hub.grid.tf", "ftp://hub.example", "https://", ""])
def test_what_is_no_hub(url: str) -> None:
    with pytest.raises(SettingsError, match="no Hub's address"):
        Transport(url)


@pytest.mark.parametrize("user", ["a b", "a;b=c", "a\r\nb", "ü"])
def test_a_user_that_could_break_the_header_is_refused(user: str) -> None:
    with pytest.raises(SettingsError, match="no user of the Hub"):
        Transport("https://hub.example", active_user=user)


def test_a_password_in_the_url_is_refused_and_not_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        Transport("https://user:planted@hub.example")
    assert "planted" not in caught.value.render()


def test_an_answer_that_never_ends_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_ANSWER", 100_000)
    response = requests.Response()
    response.status_code = 200
    response.raw = io.BytesIO(b"x" * 100_000)
    assert len(transport._answer(response).body) == 100_000
    endless = requests.Response()
    endless.raw = io.BytesIO(b"x" * 300_000)
    with pytest.raises(HubUnknownError, match="more than 100000 bytes"):
        transport._answer(endless)
    assert endless.raw.tell() < 300_000
