"""Reads image.yaml and images.yaml into values. Imported only where there is such a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from tfimages_action.core.config.document import Document, parse
from tfimages_action.core.config.quick import DoubtError, build
from tfimages_action.core.config.values import ImagesYaml, ImageYaml

_Config = TypeVar("_Config", ImageYaml, ImagesYaml)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile(Generic[_Config]):
    """A configuration file and what it says; `document` tells where it says it."""

    value: _Config
    document: Document


def read_image_yaml(path: str, data: bytes) -> ConfigFile[ImageYaml]:
    """Read an `image.yaml`; `path` is for messages. Raises `ConfigError`."""
    return _read(ImageYaml, path, data)


def read_images_yaml(path: str, data: bytes) -> ConfigFile[ImagesYaml]:
    """Read an `images.yaml`; `path` is for messages. Raises `ConfigError`."""
    return _read(ImagesYaml, path, data)


def _read(kind: type[_Config], path: str, data: bytes) -> ConfigFile[_Config]:
    document = parse(path, data)
    try:
        value = build(kind, document.value)
    except DoubtError:
        from tfimages_action.core.config.validate import validate  # noqa: PLC0415 - see there

        value = validate(kind, document)
    return ConfigFile(value=value, document=document)
