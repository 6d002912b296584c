"""`tfimages report FILE`: a finished run's report, as its summary or as a table."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(
    epilog="""\b
Examples:
  tfimages report build/tfimages-report.json
  tfimages report tfimages-report.json --format markdown > summary.md
"""
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "markdown", "json"]),
    default="table",
    show_default=True,
    help="A table for the terminal, the page that GitHub shows, or the report with all its keys.",
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
def report(file: Path, form: str) -> None:
    """Show the run that FILE (its tfimages-report.json) tells of."""
    from tfimages_action.report.reading import read_report

    found = read_report(file.read_text(encoding="utf-8", errors="replace"))
    if form == "json":
        from tfimages_action.report.outputs import report_json

        click.echo(report_json(found).rstrip())
        return
    if form == "markdown":
        from tfimages_action.report.summary import render_summary

        click.echo(render_summary(found), nl=False)
        return
    from tfimages_action.report.closing import closing_lines
    from tfimages_action.report.plan_table import plan_lines

    lines = plan_lines(found.plan) if found.plan else []
    lines += closing_lines(found)
    if found.error:
        lines += ["", f"error: {found.error}"]
    for line in lines:
        click.echo(line)
