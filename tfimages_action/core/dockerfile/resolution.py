"""What a Dockerfile depends on, as values: the answer of resolve.py.

Named tuples where every image has one, for the reason given in model.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tfimages_action.core.problem import Problem
from tfimages_action.core.reference import ImageReference


class Reference(NamedTuple):
    """One place where the Dockerfile names an image."""

    image: ImageReference
    written: str
    """After expansion, as BuildKit is given it: the name to pin with a named context."""
    line: int
    platform: str | None = None
    """Of `FROM --platform=`, expanded and normalised; `None`: the target's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved:
    """A FROM that names no image because nothing sets the args in it."""

    written: str
    line: int
    args: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsetArg:
    """A place where an arg is used that neither a default nor a build arg sets."""

    name: str
    line: int


class Resolution(NamedTuple):
    """What one target of a Dockerfile depends on, under given build args."""

    references: tuple[Reference, ...]
    """In order of the file; one image may be named in several places."""
    onbuild: tuple[str, ...]
    """The triggers that the result leaves to its children: pass them on by `onbuild_of`."""
    unset: tuple[UnsetArg, ...]
    declared: frozenset[str]
    """Names of the args that the global part and the needed stages declare."""
    base: Reference | None = None
    """What the target stage stands on, through its stages; `None`: `scratch`."""
    problems: tuple[Problem, ...] = ()
    """What BuildKit refuses unless a base image's environment mends it; warnings."""

    @property
    def images(self) -> tuple[ImageReference, ...]:
        """Each image once, sorted."""
        return tuple(sorted({reference.image for reference in self.references}, key=str))
