"""The Hub's naming rule, line by line as it was seen."""

import pytest

from tfimages_action.core import flist_name
from tfimages_action.core.flist_name import FlistNameError


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("ubuntu", "ubuntu-latest.flist"),
        ("localhost:5000/ubuntu:24.04", "localhost-5000-ubuntu-24.04.flist"),
        ("localhost:5000/hubprobe/full", "localhost-5000-hubprobe-full.flist"),
        (
            "localhost:5000/hubprobe/full@sha256:0417",
            "localhost-5000-hubprobe-full@sha256-0417.flist",
        ),
        ("127.0.0.1:5000/hubprobe/full:latest", "127.0.0.1-5000-hubprobe-full-latest.flist"),
        ("localhost:5000/up:V1.0-RC_2", "localhost-5000-up-V1.0-RC_2.flist"),
        ("a/b:x.flist", "a-b-x.flist"),
    ],
)
def test_the_name_of_an_image(image: str, name: str) -> None:
    assert flist_name.of_image(image) == name


def test_archives_and_releases() -> None:
    assert flist_name.of_archive("fullvm/noble", "sha256:" + "ab" * 32) == (
        "fullvm-noble-abababababab.flist"
    )
    assert flist_name.of_release("ghcr.io-o-x-24.04.flist", "v28") == "ghcr.io-o-x-24.04-v28.flist"


def test_a_name_of_242_bytes_is_the_longest() -> None:
    fits = "é" * 118 + ".flist"
    assert len(fits.encode()) == 242
    assert flist_name.check(fits) == fits
    with pytest.raises(FlistNameError, match="242"):
        flist_name.check("x" + fits)


@pytest.mark.parametrize("name", ["x", ".flist", "a/b.flist", "a\0.flist", "a\n.flist", ".x.flist"])
def test_refuses_what_the_hub_would_lose(name: str) -> None:
    with pytest.raises(FlistNameError):
        flist_name.check(name)


def test_two_images_of_one_name_are_refused() -> None:
    pairs = [(image, flist_name.of_image(image)) for image in ("a/b:1", "a-b:1")]
    with pytest.raises(FlistNameError, match="a/b:1 and a-b:1"):
        flist_name.check_distinct(pairs)
    flist_name.check_distinct([pairs[0], pairs[0], ("c", "c.flist")])
