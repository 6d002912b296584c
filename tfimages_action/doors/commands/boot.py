"""`tfimages boot IMAGE`: start an image as ZOS would, with your key in it, until Ctrl-C."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from tfimages_action.doors.looking import image_argument, try_options
from tfimages_action.errors import ExitCode

if TYPE_CHECKING:
    from tfimages_action.adapters.smoke.boot import Owner, Running
    from tfimages_action.adapters.smoke.limit import Limit

_A_DAY_S: Final = 24 * 3600
_LOOK_S: Final = 2.0
_KEYS: Final = ("id_ed25519.pub", "id_ecdsa.pub", "id_rsa.pub")


@click.command(
    short_help="Build an image, start it, and print how to log in.",
    epilog="""\b
The worktree counts, with its uncommitted changes; --current names a revision instead.
A container is started as its image says, a full VM under QEMU with its own kernel.
\b
Examples:
  tfimages boot ubuntu:24.04
  tfimages boot fullvm/debian-minimal --key ~/.ssh/grid.pub
  tfimages boot nextcloud --for 600 --json | jq -r .ssh
""",
)
@image_argument
@try_options
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Your public key. Default: one of ~/.ssh, else one made for this start.",
)
@click.option(
    "--for", "seconds", type=click.IntRange(1), default=_A_DAY_S, help="End after so many seconds."
)
@click.option("--json", "as_json", is_flag=True, help="Print how to reach it as one line of JSON.")
def boot(
    image: str, repo: Path, *, key: Path | None, seconds: int, as_json: bool, **options: object
) -> int:
    """Build IMAGE with what it is built on, start it, and print how to log in. Ctrl-C ends it."""
    from docker import from_env

    from tfimages_action.adapters.smoke.boot import booted
    from tfimages_action.adapters.smoke.limit import Limit, StoppedError
    from tfimages_action.doors.inputs.home_words import at_home
    from tfimages_action.doors.trying import Caught, tried
    from tfimages_action.leftovers.folders import owned_folder
    from tfimages_action.report.closing import failure_lines

    say, caught = partial(click.echo, err=as_json), Caught(wanted=image)
    with ExitStack() as stack:
        scratch = stack.enter_context(owned_folder("key"))
        owner = _owner(key, scratch)  # a wrong one is refused before anything is built
        report, stopping = stack.enter_context(
            tried(image, repo, options, write=say, checker=caught)
        )
        if caught.built is None:
            for line in failure_lines(report.images):
                click.echo(at_home(line), err=True)
            return report.exit_code
        limit = Limit(seconds, threading.Event())
        stopping.call = lambda _: limit.stop.set()
        with (
            suppress(StoppedError),
            booted(from_env(), caught.built, owner, limit, log=say) as running,
        ):
            for line in _told(image, running, as_json=as_json):
                click.echo(line)
            _hold(running, limit, say)
    return ExitCode.DONE


def _owner(key: Path | None, scratch: Path) -> Owner:
    from tfimages_action.adapters.smoke.boot import make_owner, read_owner

    candidates = (key,) if key else (Path.home() / ".ssh" / name for name in _KEYS)
    found = next((path for path in candidates if path.is_file()), None)
    return read_owner(found) if found else make_owner(scratch)


def _told(image: str, running: Running, *, as_json: bool) -> Iterator[str]:
    if as_json:
        yield json.dumps(
            {"image": image, "ssh": running.ssh_command, "addresses": running.addresses}
        )
        return
    yield f"\n{image} runs. Log in, once its SSH server is up:\n\n  {running.ssh_command}\n"
    for address in running.addresses:
        yield f"  also listening, as its checks say: {address}"
    yield "Ctrl-C ends it, and removes it."


def _hold(running: Running, limit: Limit, say: Callable[[str], None]) -> None:
    greeted = False
    while not limit.over:
        running.alive()
        if not greeted and running.greets():
            greeted = True
            say("Its SSH server is up.")
        limit.stop.wait(min(_LOOK_S, limit.remaining_s))
