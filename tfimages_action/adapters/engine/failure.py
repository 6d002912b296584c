"""What a failed build's last words mean: which instruction, whose fault, and whether to try again.

BuildKit prints the place (`Dockerfile:6`), the lines around it with `>>>` before the one that
failed, and `ERROR: failed to solve: ...`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tfimages_action.core.catalog.model import Image
from tfimages_action.core.published import denial
from tfimages_action.core.reference import ImageReference
from tfimages_action.errors import Location, RegistryError, StageError, TfImagesError

_PLACE: Final = re.compile(r"^(?P<file>[^\s:][^:]*):(?P<line>\d+)$")
_MARKED: Final = re.compile(r"^\s*\d+ \| >>> (?P<text>.*)$")
_ERROR: Final = re.compile(r"^ERROR: (?:failed to (?:build|solve): )*(?P<text>.*)$")
_OWN_COMMAND: Final = re.compile(r'process ".*" did not complete successfully')
_EXIT_CODE: Final = re.compile(r"exit code: (\d+)$")
_NOT_THERE: Final = re.compile(
    r'failed to compute cache key: failed to calculate checksum of ref \S+: (".*": not found)'
)
_LONGEST: Final = 200
"""Characters of an instruction or of a line of output that a message repeats; the log has all."""
_ENGINE: Final = re.compile(
    r"Cannot connect to the Docker daemon|docker\.sock|error reading from server"
    r"|transport is closing|code = Unavailable|closing transport|failed to list workers"
    r"|no active sessions|the client connection is closing|graceful(ly)? stop",
    re.IGNORECASE,
)
_REMOTE: Final = re.compile(
    r"failed to resolve source metadata|failed to do request|failed to copy|failed to fetch"
    r"|failed to authorize|pull access denied|unexpected status|failed to load cache key|toomany",
    re.IGNORECASE,
)
_SILENCE: Final = "context deadline exceeded"
_DISK: Final = re.compile(r"no space left on device", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWords:
    """The plain text at the end of a failed build, read."""

    cause: str
    line: int | None = None
    instruction: str = ""
    said: str = ""
    """The last line that the failing command wrote."""


def read_last_words(text: Sequence[str]) -> LastWords:
    """Read the lines that follow the progress."""
    places = [int(hit["line"]) for line in text if (hit := _PLACE.match(line))]
    marked = [hit["text"].strip() for line in text if (hit := _MARKED.match(line))]
    errors = [hit["text"] for line in text if (hit := _ERROR.match(line))]
    said = [line.strip() for line in text if line.strip()]
    return LastWords(
        cause=errors[-1] if errors else " ".join(said[-3:]),
        line=places[-1] if places else None,
        instruction=" ".join(marked),
    )


def speaks_of_engine(words: LastWords) -> bool:
    """Whether BuildKit itself seems to have gone."""
    return _ENGINE.search(words.cause) is not None and not _OWN_COMMAND.search(words.cause)


def speaks_of_silence(words: LastWords) -> bool:
    """Whether a builder beside the engine let buildx wait for its first word in vain."""
    return words.cause == _SILENCE


def build_error(image: Image, words: LastWords) -> TfImagesError:
    """The error of a build that failed while the engine stayed; a failing RUN is not transient."""
    location = Location(path=image.dockerfile, line=words.line)
    message = _message(words)
    if _DISK.search(words.cause):
        hint = "free some disk, or let the run do it: `prune: true`"
        return StageError(message, hint=hint, location=location)
    if _OWN_COMMAND.search(words.cause) or not _REMOTE.search(words.cause):
        return StageError(message, hint=_hint(image, words), location=location)
    remote = denial.explain(_reference_at(image, words.line), None, words.cause)
    return StageError(
        message,
        hint=remote.hint,
        location=location,
        transient=remote.transient and isinstance(remote, RegistryError),
    )


def _message(words: LastWords) -> str:
    what = f"`{_shortened(words.instruction)}` failed" if words.instruction else ""
    code = _EXIT_CODE.search(words.cause) if _OWN_COMMAND.search(words.cause) else None
    if code and what:
        # The process that BuildKit names is the instruction once more.
        return f"{what} with exit code {code[1]}" + (
            f": {_shortened(words.said)}" if words.said else ""
        )
    cause = _NOT_THERE.sub(r"\1", words.cause)
    return f"{what}: {cause}" if what else cause


def _hint(image: Image, words: LastWords) -> str:
    if _NOT_THERE.search(words.cause) and "--from" not in words.instruction:
        return (
            f"the build is sent what git has of {image.context}/, without what .dockerignore "
            "leaves out: is the file among that?"
        )
    return f"mend that line; `tfimages check {image.name}` builds it alone" if words.line else ""


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _reference_at(image: Image, line: int | None) -> ImageReference:
    """The external image that the failing line names: the cure depends on its registry."""
    named = [known.reference for known in image.externals if known.location.line == line]
    return named[0] if named else image.reference
