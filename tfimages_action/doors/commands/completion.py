"""`tfimages completion SHELL`: what a shell's start-up file evaluates to complete our commands."""

from __future__ import annotations

import os
from typing import ClassVar, Final

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

LINE: Final = "_TFIMAGES_LINE"
"""What is typed before the cursor."""
BREAKS: Final = "_TFIMAGES_BREAKS"
"""The characters at which bash splits words beside blanks: its COMP_WORDBREAKS."""
_COLON: Final = ":"
_BASH: Final = f"""\
%(complete_func)s() {{
    local kind value
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            plain) COMPREPLY+=("$value") ;;
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
        esac
    done < <({LINE}="${{COMP_LINE:0:COMP_POINT}}" {BREAKS}="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1")
}}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@add_completion_class
class _Bash(BashComplete):
    """Bash's, by the line as typed: bash splits `ubuntu:24.04` at its colon and replaces the end.

    Nor is the bash in the PATH asked how old it is: another one may read this.
    """

    source_template: ClassVar[str] = _BASH
    _typed = ""

    @staticmethod
    def _check_version() -> None:
        return

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ[LINE]
        words = split_arg_string(line)
        begun = len(split_arg_string(f"{line}x")) == len(words)
        self._typed = words.pop() if begun else ""
        return words[1:], self._typed

    def format_completion(self, item: CompletionItem) -> str:
        # An option's value stands alone in the answer, whether `=` or a blank is before it.
        _, equals, value = self._typed.partition("=")
        typed = value if equals and self._typed.startswith("--") else self._typed
        head, colon, _ = typed.rpartition(_COLON)
        kept = head + colon if _COLON in os.environ.get(BREAKS, "") else ""
        return f"{item.type},{item.value.removeprefix(kept)}"


_SHELLS: dict[str, type[ShellComplete]] = {"bash": _Bash, "zsh": ZshComplete, "fish": FishComplete}


@click.command(
    short_help="Print what completes commands and images in a shell.",
    epilog="""\b
Examples:
  eval "$(tfimages completion bash)"      (in ~/.bashrc)
  eval "$(tfimages completion zsh)"       (in ~/.zshrc)
  tfimages completion fish | source       (in ~/.config/fish/config.fish)
""",
)
@click.argument("shell", type=click.Choice(list(_SHELLS)))
def completion(shell: str) -> None:
    """Print what completes commands, options and images' names in SHELL."""
    from tfimages_action.doors.terminal import COMPLETING, app

    kind = _SHELLS[shell]
    click.echo(kind(app, {}, "tfimages", COMPLETING).source())
