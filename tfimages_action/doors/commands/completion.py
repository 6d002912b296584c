"""`tfimages completion SHELL`: what a shell's start-up file evaluates to complete our commands."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete


class _Bash(BashComplete):
    """Bash's, without asking the bash in the PATH how old it is: another one may read this."""

    @staticmethod
    def _check_version() -> None:
        return


_SHELLS: dict[str, type[ShellComplete]] = {"bash": _Bash, "zsh": ZshComplete, "fish": FishComplete}


@click.command(
    epilog="""\b
Examples:
  eval "$(tfimages completion bash)"      (in ~/.bashrc)
  eval "$(tfimages completion zsh)"       (in ~/.zshrc)
  tfimages completion fish | source       (in ~/.config/fish/config.fish)
"""
)
@click.argument("shell", type=click.Choice(list(_SHELLS)))
def completion(shell: str) -> None:
    """Print what completes commands, options and images' names in SHELL."""
    from tfimages_action.doors.terminal import app

    kind = _SHELLS[shell]
    click.echo(kind(app, {}, "tfimages", "_TFIMAGES_COMPLETE").source())
