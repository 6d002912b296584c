"""The last boundary: an error that is none of ours becomes one masked line, and an exit code.

A traceback may hold anything (a header, a URL, a token in an argument), and Python writes it past
every mask. So none is shown unasked, and then it passes the mask like any other line.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping

from tfimages_action.doors.inputs.settings import secrets_in
from tfimages_action.doors.masking import masker
from tfimages_action.errors import ExitCode, TfImagesError, known


def trace(error: Exception) -> Iterator[str]:
    """The lines of the traceback of what is not ours; none of what is."""
    if not isinstance(error, TfImagesError):
        for part in traceback.format_exception(error):
            yield from part.splitlines()


def end_with(
    error: Exception,
    environment: Mapping[str, str],
    write: Callable[[str], object],
    *,
    debug: bool,
) -> ExitCode:
    """Say what ended the process, where nothing else could say it any more."""
    mask = masker(secrets_in(environment))
    ours = known(error)
    for line in (f"error: {ours.render()}", *(trace(error) if debug else ())):
        write(mask(line))
    return ours.exit_code
