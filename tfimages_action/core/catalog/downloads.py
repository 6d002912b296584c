"""Downloads that Dockerfiles make by `ADD --checksum=${NAME}`, and where NAME's value is written.

An empty value checks nothing, silently: such a download is *unpinned*. It goes by exact version
over HTTPS until `tfimages pin` has written what it found.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.dockerfile.model import Dockerfile, Stage
from tfimages_action.core.dockerfile.words import expand
from tfimages_action.errors import Location

_VARIABLE: Final = re.compile(r"\$(?:\{(?P<braced>\w+)\}|(?P<bare>\w+))")
_SCHEMES: Final = ("https://", "http://")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Download:
    """One address that a build reads. `checksum` is `sha256:...`, or empty while unpinned."""

    name: str
    """The build arg that carries the checksum."""
    url: str
    checksum: str
    location: Location
    folders: tuple[str, ...]
    """Folders whose image.yaml may set the arg."""

    @property
    def pinned(self) -> bool:
        return bool(self.checksum)


def downloads(images: Iterable[tuple[Image, Dockerfile]]) -> tuple[Download, ...]:
    """Every download with a checksum arg, each once, sorted by its place."""
    found: dict[tuple[str, str], Download] = {}
    for image, dockerfile in images:
        for one in _of_image(image, dockerfile):
            known = found.setdefault((one.name, one.url), one)
            if image.folder not in known.folders:
                found[one.name, one.url] = _with_folder(known, image.folder)
    return tuple(sorted(found.values(), key=lambda one: (str(one.location), one.name)))


def write_checksum(text: str, name: str, checksum: str, *, path: str) -> str | None:
    """The file's text with NAME's value replaced; `None` where the file doesn't set NAME.

    Everything else stays as it is, comments too: one line changes.
    """
    if posixpath.basename(path).endswith((".yaml", ".yml")):
        quoted = r"\"[^\"\n]*\"|'[^'\n]*'|[^\s#]*"
        pattern = re.compile(rf"^([ \t]+{name}:)[ \t]*(?:{quoted})", re.MULTILINE)
        value = f' "{checksum}"'
    else:
        pattern = re.compile(rf"^(ARG[ \t]+{name}=)\S*", re.MULTILINE | re.IGNORECASE)
        value = checksum
    written, times = pattern.subn(lambda hit: hit[1] + value, text)
    return written if times else None


def _of_image(image: Image, dockerfile: Dockerfile) -> Iterator[Download]:
    given = dict(image.args)
    general = {arg.name: arg.default or "" for arg in dockerfile.args if arg.stage is None}
    for stage in dockerfile.stages:
        known = _values(stage, {**general, **given}, given)
        for instruction in stage.instructions:
            hit = _VARIABLE.fullmatch(instruction.flag("checksum"))
            if instruction.name != "add" or not hit:
                continue
            name = hit["braced"] or hit["bare"]
            url = expand(instruction.words[0], known)
            if url.startswith(_SCHEMES):
                yield Download(
                    name=name,
                    url=url,
                    checksum=known.get(name, ""),
                    location=Location(path=image.dockerfile, line=instruction.line),
                    folders=(image.folder,),
                )


def _values(stage: Stage, general: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """What the stage's variables stand for: what is given, else their defaults."""
    known: dict[str, str] = {}
    for instruction in stage.instructions:
        if instruction.name == "arg":
            for word in instruction.words:
                name, equals, default = word.partition("=")
                otherwise = expand(default, known) if equals else general.get(name, "")
                known[name] = given.get(name, otherwise)
    return known


def _with_folder(one: Download, folder: str) -> Download:
    return Download(
        name=one.name,
        url=one.url,
        checksum=one.checksum,
        location=one.location,
        folders=(*one.folders, folder),
    )
