"""`tfimages adopt`: what a repository of the bash script becomes here. Reads, and runs nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tfimages_action.core.tags import parse_version_tag, previous_tag
from tfimages_action.doors.inputs.event import read_event
from tfimages_action.doors.inputs.options import given_inputs, input_options
from tfimages_action.doors.inputs.settings import resolve_settings
from tfimages_action.errors import SettingsError

if TYPE_CHECKING:
    from tfimages_action.adapters.git.repository import GitRepository
    from tfimages_action.core.migration.replay import Replay, Replayer


@click.command(
    short_help="Take over a repository of the bash script.",
    epilog="""\b
Examples:
  tfimages adopt --registry ghcr.io/you
  tfimages adopt --registry ghcr.io/you --write
  tfimages adopt --registry ghcr.io/you --json
""",
)
@click.option(
    "--repo", type=click.Path(path_type=Path), default=Path(), help="The repository. Default: here."
)
@click.option("--write", is_flag=True, help="Write the proposed files, where there are none.")
@input_options("registry")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def adopt(repo: Path, *, write: bool, as_json: bool, **options: object) -> None:
    """Read config.sh, propose image.yaml and images.yaml, and replay all past tags.

    Says for which tags the script was wrong, and which published addresses stay, change or
    retire. config.sh is read and never executed; without --write nothing is changed, and with it
    nothing is overwritten.
    """
    from tfimages_action.adapters.git.repository import GitRepository
    from tfimages_action.core.migration.adoption import CONFIG, propose, read_repository
    from tfimages_action.core.migration.replay import Replayer
    from tfimages_action.doors.planning.planner import registry_of
    from tfimages_action.doors.starting import write_new
    from tfimages_action.report import adoption

    clone = GitRepository(repo)
    worktree = clone.worktree()
    repository = read_repository(worktree)
    if CONFIG not in repository.files:
        raise SettingsError(
            f"there is no {CONFIG} at the repository's root",
            hint="for a repository without the script: `tfimages init`",
        )
    settings = resolve_settings(given_inputs(options), os.environ)
    if not settings.registry:
        settings = replace(settings, registry="".join(repository.config.words("REGISTRY")[:1]))
    event = read_event(os.environ, workspace=repo, at_home=True)
    replayer = Replayer(registry_of(settings, event, clone.origin))
    proposed = {
        path: text for path, text in propose(repository).items() if path not in repository.files
    }
    replays = _replays(clone, replayer)
    past = (clone.revision(tag) for tag in _versions(clone))
    addresses = replayer.addresses(worktree, past)
    written: list[str] = []
    if write and clone.root is not None:
        written, _ = write_new(clone.root, proposed)
    if as_json:
        told = {
            "unread": list(repository.config.unread),
            "proposed": proposed,
            "tags": [asdict(replay) for replay in replays],
            "addresses": asdict(addresses),
            "written": written,
        }
        click.echo(json.dumps(told, indent=2))
        return
    _say(adoption.config_lines(repository.config))
    _say(adoption.proposal_lines(proposed))
    _say(adoption.replay_lines(replays))
    _say(adoption.address_lines(addresses))
    _say(f"Written: {path}" for path in written)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _versions(clone: GitRepository) -> list[str]:
    found = (tag for tag in map(parse_version_tag, clone.tags()) if tag is not None)
    return [tag.text for tag in sorted(found)]


def _replays(clone: GitRepository, replayer: Replayer) -> list[Replay]:
    replays = []
    commits = {tag: clone.commit_of(tag) for tag in _versions(clone)}
    for tag, commit in commits.items():
        version = parse_version_tag(tag)
        assert version is not None  # noqa: S101 - only versions are in the list
        before = previous_tag(version, commits, clone.commit_of)
        found = replayer.replay(
            tag, clone.revision(tag), clone.revision(before) if before else None
        )
        others = [one for one in commits if one != tag and commits[one] == commit]
        if others:
            note = f"stands on the commit of {', '.join(others)}: `git describe` named either"
            found = replace(found, notes=(*found.notes, note))
        replays.append(found)
    return replays
