"""`WWW-Authenticate`, as registries send it."""

import pytest

from tfimages_action.adapters.registry.challenge import (
    BasicChallenge,
    BearerChallenge,
    Challenge,
    parse_challenge,
)


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        (
            'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull"',
            BearerChallenge(realm="https://ghcr.io/token", service="ghcr.io"),
        ),
        (
            'bearer  service=plain , realm="https://a/b?c=d,e"',
            BearerChallenge(realm="https://a/b?c=d,e", service="plain"),
        ),
        ('Bearer realm="a\\"b"', BearerChallenge(realm='a"b', service="")),
        ('Basic realm="here"', BasicChallenge()),
        ("Basic", BasicChallenge()),
        ("Bearer", None),
        ("Negotiate abc", None),
        ("", None),
    ],
)
def test_what_is_asked_for(header: str, challenge: Challenge | None) -> None:
    assert parse_challenge(header) == challenge
