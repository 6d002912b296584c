"""Read no more of the plainest Dockerfiles than what stands above and in their FROM.

In a large repository most are of that kind (see plainest.py), and nobody asks for the rest of
them; who does is given it then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, overload

from tfimages_action.core.dockerfile.model import DeclaredArg, Dockerfile, Instruction, Stage
from tfimages_action.core.dockerfile.plain import LONGEST, plain_instructions
from tfimages_action.core.dockerfile.plainest import ARG_LINE, plainest
from tfimages_action.core.dockerfile.words import BACKSLASH


def skim(data: bytes) -> Dockerfile | None:
    """The parsed Dockerfile; `None` for one that needs a closer look."""
    if len(data) > LONGEST or not data.isascii() or (b"<" in data and b"<<" in data):
        return None
    text = data.decode("ascii")
    found = plainest().fullmatch(text if text[-1:] == "\n" else f"{text}\n")
    if found is None:
        return None
    head, base, name = found.groups("")
    above = _above_from(head)
    stage = Stage(
        base=base,
        name=name.lower(),
        platform=None,
        line=above.lines + 1,
        instructions=_Unread(data),
        sources=(),
    )
    return Dockerfile(
        stages=(stage,),
        args=above.args,
        declared=above.declared,
        uses=(),
        escape=BACKSLASH,
        plainest=True,
    )


class _Above(NamedTuple):
    """What stands above the FROM."""

    lines: int
    args: tuple[DeclaredArg, ...]
    declared: frozenset[str]


@lru_cache(maxsize=1024)
def _above_from(text: str) -> _Above:
    """Read it; the Dockerfiles of a repository often begin alike."""
    args = [
        DeclaredArg(
            name=found[1],
            default=found[2],
            line=text.count("\n", 0, found.start(1)) + 1,
            stage=None,
        )
        for found in ARG_LINE.finditer(text)
    ]
    return _Above(text.count("\n"), tuple(args), frozenset([arg.name for arg in args]))


@dataclass(frozen=True, slots=True)
class _Unread(Sequence[Instruction]):
    """The instructions below the FROM of a file, read when somebody asks."""

    data: bytes

    @overload
    def __getitem__(self, index: int) -> Instruction: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Instruction]: ...
    def __getitem__(self, index: int | slice) -> Instruction | Sequence[Instruction]:
        return _below_from(self.data)[index]

    def __len__(self) -> int:
        return len(_below_from(self.data))


@lru_cache(maxsize=64)
def _below_from(data: bytes) -> tuple[Instruction, ...]:
    instructions = plain_instructions(data)
    assert instructions is not None  # noqa: S101 - plainest.py takes a part of what is plain
    start = next(index for index, one in enumerate(instructions) if one.name == "from")
    return tuple(instructions[start + 1 :])
