"""Hand a finished run over: summary, outputs, report file, annotations. Also when it failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from actions_toolkit.file_command import prepare_key_value_message

from tfimages_action.core.run.report import RunReport
from tfimages_action.doors.inputs.event import Event
from tfimages_action.report import commands
from tfimages_action.report.outputs import outputs_of, report_json
from tfimages_action.report.summary import render_summary

REPORT_FILE: Final = "tfimages-report.json"


def deliver(
    report: RunReport,
    event: Event,
    *,
    plan_json: str,
    attest: bool,
    mask: Callable[[str], str],
    write: Callable[[str], None],
    report_file: Path | None = None,
    answer: Callable[[str], None] | None = None,
) -> None:
    """Write everything that outlives the run. Each part is tried, whatever became of the others."""

    def outputs() -> Mapping[str, str]:
        return outputs_of(report, plan_json, attest=attest)

    place = report_place(event, report_file)
    parts: tuple[Callable[[], None], ...] = (
        lambda: _append(event.summary_file, mask(render_summary(report))),
        lambda: _write_outputs(event.output_file, outputs(), mask),
        lambda: _replace(place, mask(report_json(report))),
        lambda: _annotate(report, event, write),
        lambda: answer(mask(report_json(report)).rstrip()) if answer else None,
    )
    for part in parts:
        try:
            part()
        except OSError as error:
            # A full disk must not cost the parts that could still be written.
            write(f"a part of the report could not be written: {error}")


def report_place(event: Event, asked: Path | None) -> Path | None:
    """Tell where the report file goes: as asked, or into the runner's temporary folder."""
    return asked or (event.temp / REPORT_FILE if event.temp else None)


def _append(place: Path | None, text: str) -> None:
    if place is not None:
        with place.open("a", encoding="utf-8") as file:
            file.write(text)


def _replace(place: Path | None, text: str) -> None:
    if place is not None:
        place.write_text(text, encoding="utf-8")


def _write_outputs(
    place: Path | None, outputs: Mapping[str, str], mask: Callable[[str], str]
) -> None:
    if place is None:
        return
    lines = [prepare_key_value_message(name, mask(text)) for name, text in outputs.items()]
    _append(place, "".join(f"{line}\n" for line in lines))


def _annotate(report: RunReport, event: Event, write: Callable[[str], None]) -> None:
    if event.on_github:
        for line in commands.annotations_of(report):
            write(line)
