"""`tfimages graph`: which image is built on which."""

from __future__ import annotations

import json
from pathlib import Path

import click

from tfimages_action.doors.looking import look, look_options


@click.command(
    short_help="Show the images with what they are built on.",
    epilog="""\b
Examples:
  tfimages graph --registry ghcr.io/you
  tfimages graph --registry ghcr.io/you --format dot | dot -Tsvg > images.svg
  tfimages graph --registry ghcr.io/you --worktree --format mermaid
""",
)
@look_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "mermaid", "dot", "json"]),
    default="text",
    show_default=True,
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
def graph(repo: Path, *, worktree: bool, records: bool, form: str, **options: object) -> None:
    """Show the images with what they are built on, each with what a release would do with it."""
    from tfimages_action.report import plan_graph

    plan = look(repo, options, worktree=worktree, records=records).plan
    match form:
        case "mermaid":
            click.echo(plan_graph.as_mermaid(plan))
        case "dot":
            click.echo(plan_graph.as_dot(plan))
        case "json":
            parents = {step.image.name: list(step.image.parent_names) for step in plan.steps}
            click.echo(json.dumps({"parents": parents}, indent=2))
        case _:
            click.echo(plan_graph.as_outline(plan))
