"""Reads `tfimages-report.json` back into the values that it was written from.

The shapes are those of the dataclasses themselves, so a new field needs nothing here; a field that
an older report lacks has its default. Kinds of checks that look alike in JSON may be mixed up:
nobody who reads a report makes them again.
"""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from tfimages_action.core.run.report import RunReport
from tfimages_action.errors import SettingsError


def read_report(text: str) -> RunReport:
    """Read a report. Raises `SettingsError` for anything else."""
    try:
        return TypeAdapter(RunReport).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise SettingsError(
            f"this is no report of a run: {where + ': ' if where else ''}{first['msg']}",
            hint="it takes the tfimages-report.json of a run (`tfimages publish --report FILE`)",
        ) from error
