"""A Dockerfile as values: its stages, their instructions, the args that it declares.

Named tuples: they are made in a third of a frozen dataclass's time, and a large repository makes
ten thousand of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

_LONGEST_MESSAGE: Final = 400


class LineError(ValueError):
    """BuildKit refuses this line. `parse` and `resolve` turn it into a `DockerfileError`.

    Message and hint quote the file, which may be anything: they are made fit for a terminal.
    """

    def __init__(self, message: str, line: int | None = None, *, hint: str = "") -> None:
        self.message = _showable(message)
        super().__init__(self.message)
        self.line = line
        self.hint = _showable(hint)


def _showable(text: str) -> str:
    shown = "".join([char if char.isprintable() else "\ufffd" for char in text[:_LONGEST_MESSAGE]])
    return f"{shown}..." if len(text) > _LONGEST_MESSAGE else shown


class Heredoc(NamedTuple):
    """One `<<NAME` of an instruction, with the lines up to its terminator."""

    name: str
    content: str
    chomp: bool
    """`<<-NAME`: leading tabs go."""
    expand: bool
    """No part of the name is quoted: variables in the content are replaced."""


class Instruction(NamedTuple):
    """One instruction that BuildKit's own first look lets pass."""

    name: str
    """Lower case."""
    line: int
    words: tuple[str, ...]
    """Arguments as BuildKit's parser parts them (`ENV` by name and value); none for RUN."""
    flags: tuple[tuple[str, str], ...] = ()
    """`--name=value` in order; a bare `--name` has the value `true`."""
    json: bool = False
    heredocs: tuple[Heredoc, ...] = ()

    def flag(self, name: str) -> str:
        """The flag's value, or nothing."""
        for key, value in self.flags:
            if key == name:
                return value
        return ""

    def flag_values(self, name: str) -> list[str]:
        """Every value of a flag that may come more than once."""
        return [value for key, value in self.flags if key == name]


class Source(NamedTuple):
    """What one `COPY --from=` or one `--mount` of a RUN takes from: a stage or an image."""

    line: int
    name: str
    """`scratch` for a mount without `from=`: BuildKit counts it as a source too."""
    copies: bool
    """COPY knows stages by number as well; a mount does not."""


class Stage(NamedTuple):
    """`FROM base AS name` and all that follows it."""

    base: str
    """As written, variables and all."""
    name: str
    """Lower case; empty without `AS`."""
    platform: str | None
    """`--platform=` as written."""
    line: int
    instructions: Sequence[Instruction]
    sources: tuple[Source, ...]

    @property
    def onbuild(self) -> tuple[str, ...]:
        """Its ONBUILD triggers, each as the text that BuildKit writes into the image."""
        return tuple(i.words[0] for i in self.instructions if i.name == "onbuild")


class DeclaredArg(NamedTuple):
    """One `ARG NAME` or `ARG NAME=default`."""

    name: str
    default: str | None
    """As written, not expanded; `None` where there is none."""
    line: int
    stage: int | None
    """Index of its stage; `None` for a global one, before the first FROM."""


class ArgUse(NamedTuple):
    """A place that needs the value of an arg which has no default."""

    name: str
    line: int


class Dockerfile(NamedTuple):
    """A parsed Dockerfile. Depends on the file's bytes alone: cache it by blob id."""

    stages: tuple[Stage, ...]
    args: tuple[DeclaredArg, ...]
    """In order of the file."""
    declared: frozenset[str]
    """Their names: the only build args that can matter."""
    uses: tuple[ArgUse, ...]
    """Where `$NAME` or `${NAME}` stands for an arg that its stage declares without a default."""
    escape: str
    """The escape character: backslash, or backtick by `# escape=`."""
    plainest: bool = False
    """One stage on one image, and nothing below its FROM that matters: see plainest.py."""
