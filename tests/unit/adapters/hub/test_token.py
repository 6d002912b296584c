"""A token is shown to the Hub alone."""

import pytest

from tfimages_action.adapters.hub.token import Token
from tfimages_action.errors import SettingsError

PLANTED = "c2VjcmV0LXRva2Vu"


def test_it_is_in_no_text_but_the_header() -> None:
    token = Token(f" {PLANTED}\n")
    assert token.header() == f"bearer {PLANTED}"
    for text in (repr(token), str(token), f"{token}", repr([token]), repr({"t": token})):
        assert PLANTED not in text


@pytest.mark.parametrize("value", ["", "  ", "\n"])
def test_a_missing_one(value: str) -> None:
    with pytest.raises(SettingsError, match="missing"):
        Token(value)


@pytest.mark.parametrize("value", ["a b", "a\nb", "tokén", "a\0b"])
def test_a_mangled_one_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Token(f"{PLANTED}{value}")
    assert PLANTED not in caught.value.render()
    assert PLANTED not in repr(caught.value)
