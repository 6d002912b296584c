"""Image references: registry/repository:tag@digest, normalised as Docker does it.

Grammar and defaults: https://github.com/distribution/reference (docker.io, library/, latest).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

DOCKER_HUB = "docker.io"
GHCR: Final = "ghcr.io"
LATEST: Final = "latest"
"""The tag that is meant where none is named."""
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}")
_ID_LENGTH = 64
_IMAGE_ID = re.compile(r"[a-f0-9]{64}")
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_REGISTRY = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?|{_COMPONENT}")
"""A host, or what the grammar then takes for a part of the path (`a_b.c`): both are asked for."""
_MAX_NAME = 255


class ReferenceSyntaxError(ValueError):
    """The text is no image reference; the message says which part of it is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ImageReference:
    """A parsed, normalised image reference; `str()` gives its full form."""

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> ImageReference:
        """Parse and normalise: `alpine` is `docker.io/library/alpine:latest`.

        A digest without a tag gets no tag. Raises `ReferenceSyntaxError`.
        """
        if len(text) == _ID_LENGTH and _IMAGE_ID.fullmatch(text):
            raise ReferenceSyntaxError(f"{text!r} is an image's id, not its name")
        rest, at, digest = text.partition("@")
        if at and not is_digest(digest):
            raise ReferenceSyntaxError(f"{text!r}: {digest!r} is no digest")
        registry, name = _split_registry(rest)
        repository, colon, tag = name.partition(":")
        if colon and not _TAG.fullmatch(tag):
            raise ReferenceSyntaxError(f"{text!r}: {tag!r} is no tag")
        if registry == DOCKER_HUB and "/" not in repository:
            repository = f"library/{repository}"
        _check_name(text, registry, repository)
        return cls(
            registry=registry,
            repository=repository,
            tag=tag if colon else (None if at else LATEST),
            digest=digest if at else None,
        )

    @property
    def name(self) -> str:
        """Registry and repository, without tag or digest."""
        return f"{self.registry}/{self.repository}"

    def with_tag(self, tag: str) -> ImageReference:
        """The same repository under another tag, without a digest."""
        return replace(self, tag=tag, digest=None)

    def with_digest(self, digest: str) -> ImageReference:
        """The same reference pinned by a digest."""
        return replace(self, digest=digest)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


parse_reference: Final = lru_cache(maxsize=65_536)(ImageReference.parse)
"""The same as `ImageReference.parse`, once per text: a large repository names its images often."""


def is_digest(text: str) -> bool:
    """Whether it names content, as `sha256:` and 64 digits do."""
    return _DIGEST.fullmatch(text) is not None


def _split_registry(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    looks_like_host = "." in first or ":" in first or first == "localhost" or first != first.lower()
    if not slash or not looks_like_host:
        return DOCKER_HUB, text
    return (DOCKER_HUB if first == "index.docker.io" else first), rest


@lru_cache(maxsize=256)
def _is_registry(text: str) -> bool:
    return _REGISTRY.fullmatch(text) is not None


def _check_name(text: str, registry: str, repository: str) -> None:
    if not _is_registry(registry):
        raise ReferenceSyntaxError(f"{text!r}: {registry!r} is no registry")
    if not _REPOSITORY.fullmatch(repository):
        lower = " (image names are lower case)" if repository != repository.lower() else ""
        what = repr(text) if text == repository else f"{text!r}: {repository!r}"
        raise ReferenceSyntaxError(f"{what} is no image name{lower}")
    if len(repository) > _MAX_NAME:
        raise ReferenceSyntaxError(f"{text!r}: longer than {_MAX_NAME} characters")
