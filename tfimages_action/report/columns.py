"""Columns of text for a terminal or a log, without a library: rich alone takes 0.1 s to load."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

GAP: Final = 2
_LEAST: Final = 16
"""No column is made narrower than this, however narrow the terminal."""
_CODES: Final = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}


class Cell(NamedTuple):
    """A text, and how it looks where colours are shown: `bold green`."""

    text: str
    style: str = ""


def painted(cell: Cell) -> str:
    """The text with the escape codes of its style."""
    codes = ";".join([_CODES[name] for name in cell.style.split()])
    return f"\x1b[{codes}m{cell.text}\x1b[0m" if codes and cell.text else cell.text


def columns(
    rows: Sequence[Sequence[Cell]],
    *,
    width: int | None,
    yielding: Sequence[int],
    styled: bool = False,
) -> Iterator[str]:
    """The rows as lines of at most `width` (`None`: as wide as they are).

    Where it is narrow the columns `yielding` give way, in that order, and their texts go on in
    further lines.
    """
    widths = [max(len(cell.text) for cell in column) for column in zip(*rows, strict=True)]
    excess = 0 if width is None else sum(widths) + GAP * (len(widths) - 1) - width
    for index in yielding:
        given = min(max(excess, 0), max(widths[index] - _LEAST, 0))
        widths[index] -= given
        excess -= given
    for row in rows:
        yield from _lines(row, widths, styled=styled)


def _lines(row: Sequence[Cell], widths: Sequence[int], *, styled: bool) -> Iterator[str]:
    wrapped = [_wrapped(cell.text, width) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, wrapped))):
        line = ""
        start = 0
        for cell, width, texts in zip(row, widths, wrapped, strict=True):
            text = texts[number] if number < len(texts) else ""
            if text:
                # What is behind the last text stays empty: no line ends in blanks.
                line += " " * start + (painted(Cell(text, cell.style)) if styled else text)
                start = 0
            start += width - len(text) + GAP
        yield line


def _wrapped(text: str, width: int) -> list[str]:
    if len(text) <= width:
        return [text]
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]
