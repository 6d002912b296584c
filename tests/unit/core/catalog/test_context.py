"""Which files a build sees."""

import pytest

from tests.bed.revision import Content, FilesRevision
from tfimages_action.core.catalog.context import build_files
from tfimages_action.core.catalog.files import Files
from tfimages_action.core.catalog.model import Image, NamedContext
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.reference import ImageReference
from tfimages_action.errors import StageError


def selected(files: dict[str, Content], **fields: object) -> list[tuple[str, list[str]]]:
    values: dict[str, object] = {
        "name": "app",
        "reference": ImageReference.parse("r.io/app"),
        "flist": "app.flist",
        "kind": Kind.CONTAINER,
        "folder": "app",
        "dockerfile": "app/Dockerfile",
        "context": "app",
        **fields,
    }
    image = Image(**values)  # type: ignore[arg-type]
    found = build_files(image, Files(FilesRevision(files=files)))
    return [(one.name, [entry.path for entry in one.entries]) for one in found.contexts]


def test_the_folder_less_what_its_ignore_file_names() -> None:
    files: dict[str, Content] = {
        "app/.dockerignore": "*.tmp\n!keep.tmp\n",
        "app/Dockerfile": "",
        "app/README.md": "stays: it may be copied",
        "app/a.tmp": "",
        "app/keep.tmp": "",
        "application/x": "",
    }
    assert selected(files) == [
        ("", ["app/.dockerignore", "app/Dockerfile", "app/README.md", "app/keep.tmp"])
    ]


def test_a_dockerfiles_own_ignore_file_stands_for_the_contexts() -> None:
    files: dict[str, Content] = {
        "app/.dockerignore": "a\n",
        "app/Dockerfile": "",
        "app/Dockerfile.dockerignore": "b\n",
        "app/a": "",
        "app/b": "",
    }
    ((_, paths),) = selected(files)
    assert "app/a" in paths
    assert "app/b" not in paths


def test_the_root_and_named_folders_can_be_contexts() -> None:
    files: dict[str, Content] = {
        "app/Dockerfile": "",
        "more/.dockerignore": "x\n",
        "more/x": "",
        "more/y": "",
    }
    contexts = selected(files, context="", contexts=(NamedContext(name="m", folder="more"),))
    assert contexts == [
        ("", ["app/Dockerfile", "more/.dockerignore", "more/x", "more/y"]),
        ("m", ["more/.dockerignore", "more/y"]),
    ]


def test_a_dockerfile_that_is_not_there_is_said() -> None:
    with pytest.raises(StageError, match="app/Dockerfile"):
        selected({"app/x": ""})
