"""What an image's README says: its title, its first sentence, the variables it understands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_LINK: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_SENTENCE: Final = re.compile(r"(.+?[.!?])(?=\s+[A-Z`\[(*]|\s*$)", re.DOTALL)
_NAME: Final = re.compile(r"`([A-Z][A-Z0-9_]*)`")
_NOT_PROSE: Final = ("|", "#", "- ", "* ", "```", "<!--", "![", ">")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readme:
    """Texts are Markdown on one line, without links; `code` in them stays marked."""

    title: str = ""
    sentence: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    """(name, meaning) of the rows of tables whose first column is called `variable`."""


def read_readme(text: str) -> Readme:
    """Read a README. A page without a title, prose or table gives less, and never an error."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n"))]
    title = next((_flat(block.lstrip("# ")) for block in blocks if block.startswith("# ")), "")
    prose = next((block for block in blocks if block and not block.startswith(_NOT_PROSE)), "")
    flat = _flat(prose)
    first = _SENTENCE.match(flat)
    return Readme(
        title=title.partition("\n")[0],
        sentence=first[1] if first else flat,
        variables=tuple(row for block in blocks for row in _variables(block)),
    )


def _variables(block: str) -> Iterator[tuple[str, str]]:
    rows = [_cells(line) for line in block.split("\n") if line.startswith("|")]
    if not rows or rows[0][0].lower() not in {"variable", "variables"}:
        return
    for row in rows[2:]:
        meaning = row[1] if len(row) > 1 else ""
        for name in _NAME.findall(row[0]):
            yield name, _flat(meaning)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _flat(text: str) -> str:
    return " ".join(_LINK.sub(r"\1", text).split())
