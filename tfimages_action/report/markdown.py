"""Markdown as GitHub renders it: escaping, tables, code, folds. Pure text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

_SPECIAL: Final = re.compile(r"([\\`*_\[\]|~])")
_CODE_OR_ADDRESS: Final = re.compile(r"(`[^`]+`|https://[^\s<>`]*[^\s<>`.,;:)\]'\"])")
_TICKS: Final = re.compile(r"`+")


def text(raw: str) -> str:
    """Escape what Markdown or HTML would read as its own, on one line."""
    flat = " ".join(raw.split())
    flat = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", flat)


def sentence(raw: str) -> str:
    """Escape like `text`, but let `code` be code and addresses be links."""
    flat = " ".join(raw.split())
    parts = _CODE_OR_ADDRESS.split(flat)
    return "".join(_part(part) for part in parts)


def _part(part: str) -> str:
    if part.startswith("`") and len(part) > 1:
        return code(part.strip("`"))
    if part.startswith("https://"):
        return f"<{part}>"
    lead = part[: len(part) - len(part.lstrip())]
    tail = part[len(part.rstrip()) :] if part.strip() else ""
    return f"{lead}{text(part)}{tail}"


def code(raw: str) -> str:
    """Inline code; `|` too is safe inside a table's cell."""
    flat = " ".join(raw.split())
    fence = "`" * (_longest_run(flat) + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}".replace("|", "\\|")


def link(label: str, address: str) -> str:
    """Label (already Markdown) and address."""
    safe = address.replace(" ", "%20").replace("(", "%28").replace(")", "%29")
    return f"[{label}]({safe})"


def block(lines: Iterable[str], language: str = "") -> str:
    """Make a fenced block that no content can break out of."""
    body = "\n".join(lines)
    fence = "`" * max(3, _longest_run(body) + 1)
    return f"{fence}{language}\n{body}\n{fence}"


def fold(title: str, body: str) -> str:
    """Put a part behind a line that opens it; `title` is HTML-safe text."""
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Make a table; cells are Markdown already."""
    lines = [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _longest_run(raw: str) -> int:
    return max((len(run) for run in _TICKS.findall(raw)), default=0)
