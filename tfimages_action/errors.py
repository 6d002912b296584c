"""The one tree of errors: each says what happened, where, and what to do about it.

Nothing below a door exits the process. A door catches `TfImagesError`, prints `render()` and
exits with `exit_code`; the codes are an interface (README, "Exit codes").
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final, Self

_HOME: Final = "https://github.com/threefoldtech/tf-images"
REPORT_AT: Final = f"{_HOME}/issues"
PAGES: Final = f"{_HOME}/blob/main/docs"
"""Where a cure leads to: whoever reads it has a repository of their own, without these pages."""


class ExitCode(IntEnum):
    """What the process ends with."""

    DONE = 0
    FAILED = 1
    REFUSED = 2
    ENGINE_LOST = 3
    REGISTRY_LOST = 4
    HUB_LOST = 5
    GITHUB_LOST = 6
    INTERNAL = 70
    INTERRUPTED = 130
    TERMINATED = 143


def printable(text: str) -> str:
    """A name or a value on one line, with whatever a terminal would obey written out."""
    return text if text.isprintable() else "".join(map(_written, text))


def _written(character: str) -> str:
    if character.isprintable():
        return character
    if "\udc80" <= character <= "\udcff":  # a byte that is no UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in the repository: path relative to its root, `/` separated; line from 1."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        path = printable(self.path)
        return path if self.line is None else f"{path}:{self.line}"


class TfImagesError(Exception):
    """Root of everything that this package raises on purpose.

    `message` says what happened, `hint` what to do, `location` where it is (if it is in a file).
    `transient`: the same call may well work a little later, so the pipeline tries it again
    (never set for what a second try can't mend, such as a failing RUN); `retry_after_s` is how
    long the other side asked to wait. Any kind may be transient: when the tries are used up, a
    `StageError` costs its image, a `RegistryError` means that the registry is gone.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        location: Location | None = None,
        transient: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.location = location
        self.transient = transient
        self.retry_after_s = retry_after_s

    def render(self) -> str:
        """One line of what happened (with the place), then a line of what to do."""
        where = f"{self.location}: " if self.location else ""
        return f"{where}{self.message}" + (f"\n  -> {self.hint}" if self.hint else "")


class RefusedError(TfImagesError):
    """Bad input, found before anything was built or changed."""

    exit_code = ExitCode.REFUSED


class SettingsError(RefusedError):
    """An input, option or environment variable is missing or makes no sense."""


class ConfigError(RefusedError):
    """`image.yaml`, `images.yaml` or a `.dockerignore` is wrong."""


class DockerfileError(RefusedError):
    """A Dockerfile that BuildKit would refuse, or whose references can't be known."""


class CatalogError(RefusedError):
    """The images of a revision make no sense together: none, two of one name, a cycle."""


class TagError(RefusedError):
    """A tag that is no version, or one that does not exist."""


class RevisionError(RefusedError):
    """A revision can't be read, neither from git nor from GitHub."""


class EngineError(TfImagesError):
    """The Docker Engine or BuildKit can't be reached, or went away in mid-run."""

    exit_code = ExitCode.ENGINE_LOST


class BuilderError(EngineError):
    """A builder beside the engine went away: what is built already can still be published."""


class RegistryError(TfImagesError):
    """The registry can't be reached, or refused us."""

    exit_code = ExitCode.REGISTRY_LOST


class RegistryGoneError(RegistryError):
    """Nobody answers at the registry's address: not even a refusal."""


class HubError(TfImagesError):
    """The Hub can't be reached, refused us, or did not do what it said."""

    exit_code = ExitCode.HUB_LOST


class GitHubError(TfImagesError):
    """GitHub's API can't be reached, or refused us."""

    exit_code = ExitCode.GITHUB_LOST


class StageError(TfImagesError):
    """One image failed at one stage; the rest of the run goes on. Exit code 1."""


class FlistError(StageError):
    """An flist, or what one is made from, is damaged, hostile or beyond the limits."""


class InternalError(TfImagesError):
    """A mistake of this package: something was raised that is none of this tree."""

    exit_code = ExitCode.INTERNAL

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """What to say of an error that nobody foresaw: what it is, and where to report it."""
        told = " ".join(str(error).split())
        return cls(
            f"unexpected {type(error).__name__}" + (f": {told}" if told else ""),
            hint=f"this is a bug of tf-images: please report it with the log at {REPORT_AT}",
        )


class DiskFullError(TfImagesError):
    """There is no room for what was to be written, wherever that was. Exit code 1."""

    @classmethod
    def of(cls, error: OSError) -> Self:
        """What to say of it; which file it was about is not always known."""
        where = f" for {error.filename}" if error.filename else ""
        return cls(
            f"there is no room left on the disk{where}",
            hint="free some (`docker system df` shows what the engine holds), or set TMPDIR to a "
            "folder on a larger disk",
        )


class InterruptError(TfImagesError):
    """The run was told to stop (SIGINT)."""

    exit_code = ExitCode.INTERRUPTED


class TerminateError(InterruptError):
    """The run was told to stop (SIGTERM)."""

    exit_code = ExitCode.TERMINATED


def known(error: BaseException) -> TfImagesError:
    """The error itself where it is one of this tree, else what to say of it."""
    if isinstance(error, TfImagesError):
        return error
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFullError.of(error)
    return InternalError.of(error)
