"""References are normalised as Docker does it."""

import pytest

from tfimages_action.core.reference import ImageReference, ReferenceSyntaxError

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("alpine", "docker.io/library/alpine:latest"),
        ("alpine:3.20", "docker.io/library/alpine:3.20"),
        ("docker.io/alpine", "docker.io/library/alpine:latest"),
        ("index.docker.io/library/alpine", "docker.io/library/alpine:latest"),
        ("owner/image", "docker.io/owner/image:latest"),
        ("localhost/image", "localhost/image:latest"),
        ("localhost:5000/a/b:1", "localhost:5000/a/b:1"),
        ("ghcr.io/o/ubuntu:24.04", "ghcr.io/o/ubuntu:24.04"),
        (f"alpine@{DIGEST}", f"docker.io/library/alpine@{DIGEST}"),
        (f"alpine:3@{DIGEST}", f"docker.io/library/alpine:3@{DIGEST}"),
        ("[::1]:5000/a", "[::1]:5000/a:latest"),
        ("a_b.c/d", "a_b.c/d:latest"),
    ],
)
def test_normalises(written: str, normalised: str) -> None:
    assert str(ImageReference.parse(written)) == normalised


@pytest.mark.parametrize(
    "text",
    [
        *("", ":tag", "Alpine", "a//b", "a:", "a b", "ghcr.io/Owner/x", "-a", "a" * 64),
        *("a_B.c/d", "a_b.c:5000/d", "a_.c/d", "a._b/c", "a..b/c"),
        *("a@sha256:12", "a@" + DIGEST[:-1], "a@" + DIGEST.upper(), "a@md5:" + "ab" * 16),
        "a/" * 127 + "ab",
    ],
)
def test_refuses(text: str) -> None:
    with pytest.raises(ReferenceSyntaxError):
        ImageReference.parse(text)
