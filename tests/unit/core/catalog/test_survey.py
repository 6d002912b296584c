"""Whoever misses an image is told why it is none."""

import pytest

from tests.bed.revision import FilesRevision
from tfimages_action.core.catalog.discovery import normal
from tfimages_action.core.catalog.files import Files
from tfimages_action.core.catalog.survey import likely_images_dir, linked_folders, passed_over
from tfimages_action.core.tree import FileMode, walk


def survey(
    *paths: str, images_dir: str = "images", images: tuple[str, ...] = (), **more: tuple[str, ...]
) -> dict[str, str]:
    entries = tuple(walk(FilesRevision(files=dict.fromkeys(paths, "")).tree()))
    return {one.path: one.why for one in passed_over(entries, images_dir, images, **more)}


@pytest.mark.parametrize(
    ("path", "images_dir", "images", "why"),
    [
        ("app/Dockerfile", "images", (), "not below images/"),
        ("images/Dockerfile", "images", (), '`include: ["."]`'),
        ("Dockerfile", ".", (), '`include: ["."]`'),
        ("images/a/Dockerfile.dev", "images", (), "`dockerfile: Dockerfile.dev`"),
        ("images/a/dev.Dockerfile", "images", (), "`dockerfile: dev.Dockerfile`"),
        ("images/a/DOCKERFILE", "images", (), "`dockerfile: DOCKERFILE`"),
        ("images/a/Containerfile", "images", (), "name it so, or in image.yaml"),
        ("images/.old/a/Dockerfile", "images", (), "starts with a dot"),
        ("a/tests/Dockerfile", "./", ("a",), "inside the image a"),
        ("images/attic/b/Dockerfile", "images", (), "excluded by images.yaml"),
    ],
)
def test_each_reason(path: str, images_dir: str, images: tuple[str, ...], why: str) -> None:
    found = survey(path, images_dir=images_dir, images=images, exclude=("attic",))
    assert list(found) == [path]
    assert why in found[path]


def test_what_is_an_image_or_no_dockerfile_is_not_listed() -> None:
    assert survey(
        "images/a/Dockerfile", "images/b/Dockerfile.dockerignore", "docs/about-dockerfiles.md",
        images=("images/a",),
    ) == {}  # fmt: skip


def test_links_to_folders_are_told() -> None:
    link = FileMode.SYMLINK
    revision = FilesRevision(
        files={
            "images/a/Dockerfile": "",
            "images/a/inner": (link, b"../b"),
            "images/b": (link, b"a"),
            "images/c": (link, b"../elsewhere/c"),
            "images/d": (link, b"../docs"),
            "images/e": (link, b"/nowhere"),
            "elsewhere/c/dockerfile": "",
            "elsewhere/f": (link, b"c"),
            "docs/x": "",
        }
    )
    entries = tuple(walk(revision.tree()))
    found = linked_folders(Files(revision), entries, "images", ["images/a"])
    assert {one.path: one.why for one in found} == {
        "images/b": "is a link to images/a: an image is a folder of its own",
        "images/c": "is a link to elsewhere/c: an image is a folder of its own",
    }


def test_the_folder_of_images_is_found() -> None:
    here = FilesRevision(files={"images/a/Dockerfile": ""})
    elsewhere = FilesRevision(files={"a/Dockerfile": "", "images/logo.png": ""})
    assert likely_images_dir(walk(here.tree())) == "images"
    assert likely_images_dir(walk(elsewhere.tree())) == "."
    nothing_yet = FilesRevision(files={"README.md": ""})
    assert likely_images_dir(walk(nothing_yet.tree())) == "images"


@pytest.mark.parametrize(
    ("images_dir", "path"),
    [
        (".", ""), ("./", ""), ("", ""), ("/", ""), ("images", "images"), ("./images/", "images"),
        ("/images", "images"), ("a//b/../c", "a/c"), (".docker", ".docker"),
        ("./.github/images", ".github/images"), ("../x", "../x"),
    ],
)  # fmt: skip
def test_images_dir_may_be_written_in_many_ways(images_dir: str, path: str) -> None:
    assert normal(images_dir) == path
