from __future__ import annotations

import pytest

from tfimages_action.core.catalog.downloads import downloads, write_checksum
from tfimages_action.core.catalog.model import Image
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.dockerfile.parse import parse
from tfimages_action.core.reference import ImageReference

_TEXT = b"""\
ARG BASE=debian
FROM scratch AS tool
ARG TOOL_VERSION=1.0
ARG TOOL_CHECKSUM=
ADD --checksum=${TOOL_CHECKSUM} https://x.invalid/v${TOOL_VERSION}/tool /tool
ADD --checksum=sha256:0000 https://x.invalid/fixed /fixed
ADD files /files

FROM ${BASE}
"""


def _image(folder: str = "images/a", **args: str) -> Image:
    return Image(
        name=folder,
        reference=ImageReference.parse("r.invalid/a"),
        flist="a.flist",
        kind=Kind.CONTAINER,
        folder=folder,
        dockerfile="images/a/Dockerfile",
        context=folder,
        args=tuple(args.items()),
    )


def test_a_download_is_found_with_its_defaults() -> None:
    (found,) = downloads([(_image(), parse(_TEXT))])
    assert found.url == "https://x.invalid/v1.0/tool"
    assert (found.name, found.checksum, found.pinned) == ("TOOL_CHECKSUM", "", False)
    assert str(found.location) == "images/a/Dockerfile:5"


def test_what_image_yaml_gives_beats_the_default() -> None:
    image = _image(TOOL_VERSION="2.0", TOOL_CHECKSUM="sha256:1")
    (found,) = downloads([(image, parse(_TEXT))])
    assert found.url == "https://x.invalid/v2.0/tool"
    assert found.pinned


def test_two_variants_of_one_file_are_one_download() -> None:
    pairs = [(_image("images/a"), parse(_TEXT)), (_image("images/b"), parse(_TEXT))]
    (found,) = downloads(pairs)
    assert found.folders == ("images/a", "images/b")


@pytest.mark.parametrize(
    ("path", "text", "written"),
    [
        ("a/Dockerfile", "ARG N=\nARG NN=1\n", "ARG N=sha256:1\nARG NN=1\n"),
        ("a/Dockerfile", "ARG N=sha256:0 \n", "ARG N=sha256:1 \n"),
        ("a/Dockerfile", "ARG N\n", None),
        ("a/image.yaml", 'args:\n  N: ""  # why\n', 'args:\n  N: "sha256:1"  # why\n'),
        ("a/images.yaml", "args:\n  N:\n  M: 2\n", 'args:\n  N: "sha256:1"\n  M: 2\n'),
        ("a/image.yaml", "args: {M: 2}\n", None),
    ],
)
def test_a_checksum_changes_its_line_alone(path: str, text: str, written: str | None) -> None:
    assert write_checksum(text, "N", "sha256:1", path=path) == written
