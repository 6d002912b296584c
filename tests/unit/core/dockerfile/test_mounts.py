from __future__ import annotations

import pytest

from tfimages_action.core.dockerfile.model import LineError
from tfimages_action.core.dockerfile.mounts import csv_fields, mount_source, read_mount


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a,b", ["a", "b"]),
        ("a,", ["a", ""]),
        ('"a,b",c', ["a,b", "c"]),
        ('"a""b"', ['a"b']),
        ('"a",', ["a", ""]),
    ],
)
def test_fields_are_csv(text: str, fields: list[str]) -> None:
    assert csv_fields(text) == fields


@pytest.mark.parametrize("text", ["", 'a"b', '"a', '"a"b'])
def test_broken_csv_is_refused(text: str) -> None:
    with pytest.raises(LineError):
        csv_fields(text)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("type=bind,from=a,target=/x", "a"),
        ("FROM=a", "a"),
        ('"from=a"', "a"),
        ("from=a,from=b", "b"),
        ("from=a$", "a$"),
        ("from=", "scratch"),
        ("from,target=/x", "scratch"),
        ("type=cache,target=/from", "scratch"),
    ],
)
def test_a_mount_takes_from(text: str, source: str) -> None:
    assert mount_source(text) == source


def test_options_have_their_long_names() -> None:
    mount = read_mount("type=Cache,src=/a,dst=/b,ro,sharing=LOCKED,uid=1", str)
    assert mount == {
        "type": "cache",
        "source": "/a",
        "target": "/b",
        "readonly": "true",
        "sharing": "locked",
        "uid": "1",
    }


@pytest.mark.parametrize(
    "text",
    [
        *("type=x", "target", "foo=1", "readonly=maybe", "required", "size=1g", "sharing=locked"),
        *("type=tmpfs,size=big", "type=cache,mode=9", "type=cache,uid=-1", "type=cache,sharing=x"),
        *("uid=1", "type=secret", "type=secret,from=a", "type=secret,id=a,source=b"),
        "type=ssh,source=a",
    ],
)
def test_refuses_what_buildkit_refuses(text: str) -> None:
    with pytest.raises(LineError):
        read_mount(text, str)
