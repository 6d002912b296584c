"""`tfimages check IMAGE`: build one image as it stands, and prove that it does what it should."""

from __future__ import annotations

from pathlib import Path

import click

from tfimages_action.doors.looking import image_argument, try_options


@click.command(
    short_help="Build an image and make its checks.",
    epilog="""\b
The worktree counts, with its uncommitted changes; --current names a revision instead.
\b
Examples:
  tfimages check ubuntu:24.04
  tfimages check nextcloud --current v28 --registry ghcr.io/you --json
""",
)
@image_argument
@try_options
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def check(image: str, repo: Path, *, as_json: bool, **options: object) -> int:
    """Build IMAGE with what it is built on, boot it, and make its checks. Publishes nothing."""
    from tfimages_action.doors.inputs.home_words import at_home
    from tfimages_action.doors.trying import tried
    from tfimages_action.report.closing import failure_lines

    def say(line: str) -> None:
        click.echo(line, err=as_json)

    with tried(image, repo, options, write=say) as (report, _):
        run = next(run for run in report.images if run.step.image.name == image)
    if as_json:
        import json
        from dataclasses import asdict

        told = {
            "image": image,
            "outcome": run.outcome,
            "checks": [asdict(result) for result in run.checks],
            "failure": asdict(run.failure) if run.failure else None,
        }
        click.echo(json.dumps(told, indent=2))
        return report.exit_code
    for result in run.checks:
        word = "ok" if result.ok else "FAILED"
        click.echo(f"{word:6} {result.name} ({result.seconds:.1f} s) {result.detail}".rstrip())
    for line in failure_lines(report.images):
        click.echo(at_home(line))
    if not run.failure and not run.checks:
        click.echo(f"{image} is built; it has no checks (`checks:` in its image.yaml)")
    return report.exit_code
